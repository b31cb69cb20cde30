// The sandbox: a status is moved, its webhook comes in every way that happens, and the rest is seen to react.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInBrowser, openTab, settled } from '../support/browser.ts'
import { openBrowser } from '../support/chromium.ts'
import { type ConsoleGateway, startConsoleGateway } from '../support/console-gateway.ts'

describeInBrowser('the sandbox', () => {
  let gateway: ConsoleGateway
  let browser: Browser
  beforeAll(async () => {
    ;[gateway, browser] = await Promise.all([startConsoleGateway(), openBrowser()])
  })
  afterAll(async () => {
    await browser?.close()
    await gateway?.close()
  })

  async function open(externalId: string) {
    const tab = await openTab(browser)
    await tab.page.goto(`${gateway.url}/sandbox?customer=${await gateway.findEntity(externalId)}`)
    await settled(tab.page, 'Sandbox')
    await tab.page.locator('[data-live="live"]').waitFor()
    return tab
  }
  async function move(page: Page, word: string, webhook: string) {
    await page.getByRole('radio', { name: new RegExp(`^${word} `) }).check()
    await page.getByRole('radio', { name: new RegExp(`^${webhook}`) }).check()
    await page.getByRole('button', { name: 'Move it' }).click()
  }
  const feed = (page: Page) => page.getByRole('log').locator('li')

  it('sends a webhook at once, and twice: the change comes once', async () => {
    const { page, context, complaints } = await open('mona-example')
    await move(page, 'review', 'Sent now')
    await page.getByText('the gateway answered 200.').waitFor()
    await expect
      .poll(() => feed(page).allInnerTexts())
      .toEqual([expect.stringMatching(/mona-example[\s\S]*webhook/)])
    await move(page, 'passed', 'Sent twice')
    await page.getByText('the gateway answered 200 and 200.').waitFor()
    await expect.poll(() => feed(page).first().innerText()).toContain('Approved')
    expect(await feed(page).count()).toBe(2)
    expect(complaints).toEqual([])
    await context.close()
  })

  it('forges a webhook, which is refused and changes nothing', async () => {
    const { page, context } = await open('clara-example')
    await move(page, 'approved', 'Forged')
    await page.getByText(/the gateway answered 4\d\d\./).waitFor()
    expect(await gateway.statusOf('clara-example')).toBe('IN_REVIEW')
    expect(await feed(page).count()).toBe(0)
    await context.close()
  })

  it('holds webhooks back and sends them late, against their order: the newest state holds', async () => {
    const { page, context } = await open('nils-example')
    await move(page, 'review', 'Held back')
    await page.getByText('no webhook was sent').waitFor()
    await expect.poll(() => page.getByRole('region', { name: 'Held back' }).locator('li').count()).toBe(1)
    await move(page, 'passed', 'Held back')
    await expect.poll(() => page.getByRole('region', { name: 'Held back' }).locator('li').count()).toBe(2)
    expect(await gateway.statusOf('nils-example')).toBe('IN_REVIEW')
    await page.getByRole('button', { name: 'Send out of order' }).click()
    await page.getByText('Sent: the gateway answered 200 and 200.').waitFor()
    await expect.poll(() => gateway.statusOf('nils-example')).toBe('APPROVED')
    await expect.poll(() => feed(page).first().innerText()).toContain('Approved')
    await context.close()
  })

  it('says so where an emulator cannot be reached', async () => {
    const { page, context } = await open('mona-example')
    await page.route('**/_emulator/**', (route) => route.abort())
    await move(page, 'review', 'Sent now')
    await page.getByRole('group', { name: 'gu1' }).getByRole('button', { name: 'Down' }).click()
    await expect.poll(() => page.getByText('The emulator cannot be reached.').count()).toBe(2)
    await context.close()
  })

  it('makes a provider slow, down and healthy again', async () => {
    const { page, context } = await open('mona-example')
    const kind = async () => {
      const response = await gateway.control('gu1', 'GET', 'state')
      return ((await response.json()) as { fault: { kind: string } }).fault.kind
    }
    const controls = page.getByRole('group', { name: 'gu1' })
    for (const [name, expected] of [
      ['Slow', 'latency'],
      ['Down', 'status'],
      ['Healthy', 'none'],
    ] as const) {
      await controls.getByRole('button', { name }).click()
      await expect.poll(kind).toBe(expected)
      await expect
        .poll(() => controls.getByRole('button', { name }).getAttribute('aria-pressed'))
        .toBe('true')
    }
    await context.close()
  })
})
