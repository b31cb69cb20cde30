// A gateway that authenticates its callers: signing in with a key, and what somebody with few scopes sees.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeApiKey } from '../../src/auth/api-keys.ts'
import type { Scope } from '../../src/domain/principal.ts'
import { plusSeconds } from '../../src/domain/time.ts'
import { insertApiKey } from '../../src/store/api-keys.ts'
import { describeInBrowser, openTab, settled } from '../support/browser.ts'
import { openBrowser } from '../support/chromium.ts'
import { type ConsoleGateway, startConsoleGateway } from '../support/console-gateway.ts'

describeInBrowser('where callers are authenticated', () => {
  let gateway: ConsoleGateway
  let browser: Browser
  let later = 0
  beforeAll(async () => {
    const environment = { AUTH_DISABLED: 'false', TRUSTED_DOCUMENTS: 'off' }
    ;[gateway, browser] = await Promise.all([
      startConsoleGateway(environment, () => new Date(Date.now() + later)),
      openBrowser(),
    ])
  })
  afterAll(async () => {
    await browser?.close()
    await gateway?.close()
  })

  async function makeKey(...scopes: Scope[]): Promise<string> {
    const { services } = gateway.app
    const { id, key, digest } = makeApiKey()
    const createdAt = services.now().toISOString()
    const known = { name: 'console', tenant: 'default', scopes, createdAt }
    await insertApiKey(services.db, { id, digest, ...known, expiresAt: plusSeconds(createdAt, 600) })
    return key
  }
  async function signIn(page: Page, key: string) {
    await page.getByLabel('Token or key').fill(key)
    await page.getByRole('button', { name: 'Sign in' }).click()
  }

  it('asks for a key, keeps it in this tab alone, and forgets it', async () => {
    const { page, context } = await openTab(browser)
    await page.goto(`${gateway.url}/`)
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await signIn(page, 'not-a-key')
    await page.getByText('The gateway does not accept this token').waitFor()
    await signIn(page, await makeKey('kyc:read'))
    await settled(page, 'Customers')
    await page.locator('[data-live="live"]').waitFor()
    await page.reload()
    await settled(page, 'Customers')
    const other = await context.newPage()
    await other.goto(`${gateway.url}/`)
    await other.getByRole('heading', { name: 'Sign in' }).waitFor()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0)
    await context.close()
  })

  it('comes back to where somebody was when their key ends in the middle', async () => {
    const { page, context } = await openTab(browser)
    await page.goto(`${gateway.url}/?status=REJECTED`)
    await signIn(page, await makeKey('kyc:read'))
    await page.locator('[data-live="live"]').waitFor()
    later += 700_000
    await context.setOffline(true)
    await page.getByText('Connection lost, trying again').waitFor()
    await context.setOffline(false)
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    expect(await page.title()).toBe('Sign in · KYC console')
    await signIn(page, await makeKey('kyc:read'))
    await settled(page, 'Customers')
    expect(page.url()).toBe(`${gateway.url}/?status=REJECTED`)
    await context.close()
  })

  it('says which scope is missing, and is never blank', async () => {
    const { page, context, complaints } = await openTab(browser)
    await page.goto(`${gateway.url}/`)
    await signIn(page, await makeKey('kyc:read'))
    await settled(page, 'Customers')
    await page.getByRole('link', { name: 'Deliveries' }).click()
    await page.getByText('The inbox of webhooks needs the scope kyc:admin').waitFor()
    await page.getByRole('link', { name: 'Customers' }).click()
    await page.getByRole('link', { name: 'bruno-example' }).click()
    await settled(page, 'bruno-example')
    const view = page.locator('main')
    await expect
      .poll(() => view.innerText())
      .toContain('Personal data and session links need the scope kyc:pii')
    expect(await view.innerText()).toContain('Asking providers again needs the scope kyc:write')
    await page.getByRole('link', { name: 'Providers' }).click()
    await page.getByRole('article', { name: 'gu1' }).waitFor()
    // The answer to who has no token yet.
    expect(complaints.filter((one) => !one.includes('401'))).toEqual([])
    await context.close()
  })

  it('tells who may not read at all', async () => {
    const { page, context } = await openTab(browser)
    await page.goto(`${gateway.url}/`)
    await signIn(page, await makeKey('kyc:write'))
    await page.getByText('Reading needs the scope kyc:read').waitFor()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await context.close()
  })

  it('runs the documents of the console in the mode off, and no other by its id', async () => {
    const authorization = `Bearer ${await makeKey('kyc:read')}`
    const response = await fetch(`${gateway.app.origin}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization },
      body: JSON.stringify({ documentId: '0'.repeat(64) }),
    })
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] })
  })
})
