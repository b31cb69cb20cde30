// A provider that is down: what is known stays, marked as old; the breaker is seen to open, and to close again.
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInBrowser, openTab, settled } from '../support/browser.ts'
import { openBrowser } from '../support/chromium.ts'
import { type ConsoleGateway, startConsoleGateway } from '../support/console-gateway.ts'

describeInBrowser('a provider that is down', () => {
  let gateway: ConsoleGateway
  let browser: Browser
  beforeAll(async () => {
    const environment = { OPEN_STATUS_MAX_AGE: '0', SILA_POLICY: 'retries=0,trial=500' }
    ;[gateway, browser] = await Promise.all([startConsoleGateway(environment), openBrowser()])
  })
  afterAll(async () => {
    await browser?.close()
    await gateway?.close()
  })

  it('costs nobody what is known, and is seen to fail and to come back', async () => {
    const { page, context } = await openTab(browser)
    await gateway.control('sila', 'PUT', 'fault', { kind: 'status', status: 503 })
    const id = await gateway.findEntity('nils-example')
    await page.goto(`${gateway.url}/customers/${id}`)
    await settled(page, 'nils-example')
    await page.getByText(/^Waiting for a reviewer at the provider to decide/).waitFor()
    const run = page.getByRole('article', { name: /^Sila / })
    await run.getByText('Stale').waitFor()
    expect(await run.innerText()).toContain('PROVIDER_UNAVAILABLE')
    await expect
      .poll(async () => {
        const read = 'query ($id: ID!) { entity(by: { id: $id }, maxAge: 0) { status } }'
        await gateway.query(read, { id })
        const { data } = await gateway.query('{ providers { id health { traffic { breaker } } } }')
        return data.providers.find((one: { id: string }) => one.id === 'sila').health.traffic.breaker
      })
      .toBe('OPEN')

    await page.getByRole('link', { name: 'Providers' }).click()
    const card = page.getByRole('article', { name: 'Sila' })
    await card.getByText('Failing', { exact: true }).waitFor()
    await expect.poll(() => card.locator('[data-breaker]').getAttribute('data-breaker')).toMatch(/OPEN$/)
    expect(await card.innerText()).toMatch(/changed (just now|.+ ago)/)
    expect(await card.innerText()).toMatch(/\d+ calls, [1-9]\d* failed/)
    await expect.poll(() => page.getByRole('article', { name: 'gu1' }).innerText()).toContain('Closed')

    await gateway.control('sila', 'PUT', 'fault', { kind: 'none' })
    await expect
      .poll(async () => {
        await gateway.query('query ($id: ID!) { entity(by: { id: $id }, maxAge: 0) { status } }', { id })
        return card.locator('[data-breaker]').getAttribute('data-breaker')
      })
      .toBe('CLOSED')
    await card.getByText('Answers').waitFor()
    await page.goBack()
    await settled(page, 'nils-example')
    await expect.poll(() => run.getByText('Stale').count()).toBe(0)
    await context.close()
  })
})
