// What happens is seen when it happens, and what happened while the network was cut is seen after it.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInBrowser, openTab, settled } from '../support/browser.ts'
import { openBrowser } from '../support/chromium.ts'
import { type ConsoleGateway, startConsoleGateway } from '../support/console-gateway.ts'

/** What is promised is 200 ms; a busy machine fails nothing. */
const MOST_MS = 2_000

describeInBrowser('the console', () => {
  let gateway: ConsoleGateway
  let browser: Browser
  beforeAll(async () => {
    ;[gateway, browser] = await Promise.all([startConsoleGateway(), openBrowser()])
  })
  afterAll(async () => {
    await browser?.close()
    await gateway?.close()
  })

  it('shows a change in the list and its counts right after the webhook was taken', async () => {
    const { page, context } = await openTab(browser)
    await page.goto(`${gateway.url}/`)
    await settled(page, 'Customers')
    await page.locator('[data-live="live"]').waitFor()
    const validation = await gateway.findValidation('kira-example', 'sila')
    const counted = page.getByRole('button', { name: /Approved$/ })
    const before = Number.parseInt(await counted.innerText(), 10)
    await page.evaluate(() => {
      const row = document.querySelector('[data-customer="kira-example"]')
      new MutationObserver((_, observer) => {
        if (!row?.textContent?.includes('Approved')) return
        observer.disconnect()
        document.body.dataset.seenAt = String(performance.timeOrigin + performance.now())
      }).observe(row ?? document.body, { subtree: true, childList: true, characterData: true })
    })
    const answer = await gateway.control('sila', 'PUT', 'status', { validation, status: 'passed' })
    const taken = performance.timeOrigin + performance.now()
    expect(await answer.json()).toMatchObject({ statuses: [200] })
    await page.locator('body[data-seen-at]').waitFor()
    const seen = Number(await page.locator('body').getAttribute('data-seen-at'))
    process.stdout.write(`A change was seen ${Math.round(seen - taken)} ms after the 2xx of its webhook.\n`)
    expect(seen - taken).toBeLessThan(MOST_MS)
    await expect.poll(async () => Number.parseInt(await counted.innerText(), 10)).toBe(before + 1)
    await context.close()
  })

  it('catches up with what happened while the network was cut, and loses nothing', async () => {
    const { page, context } = await openTab(browser)
    await page.goto(`${gateway.url}/customers/${await gateway.findEntity('liam-example')}`)
    await settled(page, 'liam-example')
    await page.locator('[data-live="live"]').waitFor()
    await context.setOffline(true)
    await page.getByText('Connection lost, trying again').waitFor()
    await page.getByRole('button', { name: 'Ask providers now' }).click()
    await page.getByText('The gateway cannot be reached. What is shown may be old.').waitFor()
    await page.getByText(/^Waiting for the provider’s machines/).waitFor()
    const validation = await gateway.findValidation('liam-example', 'sila')
    for (const status of ['review', 'documents_required', 'passed']) {
      await gateway.control('sila', 'PUT', 'status', { validation, status })
      await expect.poll(() => gateway.statusOf('liam-example')).toBe(EXPECTED[status])
    }
    expect(await page.locator('.sentence').innerText()).toContain('Waiting')
    await context.setOffline(false)
    await page.getByText('Caught up: 3 changes').waitFor()
    await page.getByText(/^Approved, just now, at Sila/).waitFor()
    await page.getByText(/^As a table/).click()
    const words = page.locator('table.compact code')
    await expect
      .poll(() => words.allInnerTexts())
      .toEqual(['passed', 'documents_required', 'review', 'webhook_pending'])
    await page.locator('[data-live="live"]').waitFor()
    await context.close()
  })

  it('says since when the customer has a status, though one of their validations has another', async () => {
    const { page, context } = await openTab(browser)
    const row = page.locator('[data-customer="emma-example"]')
    await page.goto(`${gateway.url}/`)
    await page.locator('[data-live="live"]').waitFor()
    const before = await row.innerText()
    expect(before).toMatch(/In progress[\s\S]*Customer[\s\S]*hours ago/)
    const other = await context.newPage()
    await other.goto(`${gateway.url}/customers/${await gateway.findEntity('emma-example')}`)
    await other.locator('[data-live="live"]').waitFor()
    const validation = await gateway.findValidation('emma-example', 'sila')
    await gateway.control('sila', 'PUT', 'status', { validation, status: 'review' })
    await row.and(page.locator('[data-changed]')).waitFor()
    expect(await row.innerText()).toBe(before)
    await other.getByText('In review at Sila').waitFor({ state: 'attached' })
    await other.getByText(/^Waiting for the customer to finish, for 2\d hours, at gu1\.$/).waitFor()
    await context.close()
  })

  it('has no stream while nobody sees it, and is up to date when somebody does', async () => {
    const { page, context } = await openTab(browser)
    const streams: string[] = []
    page.on('request', (request) => {
      if (request.headers().accept === 'text/event-stream') streams.push('begun')
    })
    page.on('requestfailed', (request) => {
      if (request.headers().accept === 'text/event-stream') streams.push('ended')
    })
    await page.goto(`${gateway.url}/`)
    await page.locator('[data-live="live"]').waitFor()
    await show(page, 'hidden')
    await expect.poll(() => streams).toEqual(['begun', 'ended'])
    const validation = await gateway.findValidation('nils-example', 'sila')
    await gateway.control('sila', 'PUT', 'status', { validation, status: 'failed' })
    await expect.poll(() => gateway.statusOf('nils-example')).toBe('REJECTED')
    await show(page, 'visible')
    const row = page.locator('[data-customer="nils-example"]')
    await expect.poll(() => row.innerText()).toContain('Rejected')
    expect(streams).toEqual(['begun', 'ended', 'begun'])
    await context.close()
  })

  it('misses nothing of what changes after the list was read and before its stream has begun', async () => {
    const { page, context } = await openTab(browser)
    const network = Promise.withResolvers<void>()
    await page.route('**/graphql', async (route) => {
      if (route.request().headers().accept === 'text/event-stream') await network.promise
      await route.continue()
    })
    await page.goto(`${gateway.url}/`)
    await settled(page, 'Customers')
    const row = page.locator('[data-customer="bruno-example"]')
    await row.waitFor()
    const validation = await gateway.findValidation('bruno-example', 'sila')
    await gateway.control('sila', 'PUT', 'status', { validation, status: 'failed' })
    await expect.poll(() => gateway.statusOf('bruno-example')).toBe('REJECTED')
    expect(await row.innerText()).not.toContain('Rejected')
    network.resolve()
    await expect.poll(() => row.innerText()).toContain('Rejected')
    await context.close()
  })

  it('waits as long as the gateway asks for before it comes again', async () => {
    const { page, context } = await openTab(browser)
    const asked: number[] = []
    await page.route('**/graphql', (route) => {
      if (route.request().headers().accept !== 'text/event-stream') return route.fallback()
      asked.push(performance.now())
      if (asked.length > 1) return route.fallback()
      return route.fulfill({ status: 429, headers: { 'retry-after': '1' }, body: '{}' })
    })
    await page.goto(`${gateway.url}/`)
    await page.locator('[data-live="live"], [data-live="caught-up"]').waitFor()
    expect((asked[1] ?? 0) - (asked[0] ?? 0)).toBeGreaterThan(900)
    await context.close()
  })

  it('goes by the clock of the gateway, where that of the browser is wrong', async () => {
    const { page, context } = await openTab(browser)
    await page.addInitScript(() => {
      const now = Date.now
      Date.now = () => now() - 3 * 3_600_000
    })
    await page.goto(`${gateway.url}/`)
    await settled(page, 'Customers')
    await page
      .locator('[data-customer="paul-example"]')
      .getByText(/ago|just now/)
      .waitFor()
    expect(await page.locator('tbody').innerText()).not.toMatch(/in \d/)
    await context.close()
  })

  it('reads all anew where what was missed is no longer kept', async () => {
    const { page, context } = await openTab(browser)
    await page.goto(`${gateway.url}/`)
    await page.locator('[data-live="live"]').waitFor()
    await context.setOffline(true)
    await page.getByText('Connection lost, trying again').waitFor()
    const validation = await gateway.findValidation('mona-example', 'sila')
    await gateway.control('sila', 'PUT', 'status', { validation, status: 'failed' })
    await expect.poll(() => gateway.statusOf('mona-example')).toBe('REJECTED')
    const { db } = gateway.app.services
    await db
      .updateTable('log_head')
      .set(({ ref }) => ({ pruned_to: ref('position') }))
      .execute()
    await context.setOffline(false)
    await page.getByText('Caught up: what was missed is kept no longer').waitFor()
    const row = page.locator('[data-customer="mona-example"]')
    await expect.poll(() => row.innerText()).toContain('Rejected')
    await context.close()
  })

  it('goes on with a gateway that was started again, though it knows nothing of before', async () => {
    const { page, context } = await openTab(browser)
    await page.goto(`${gateway.url}/`)
    await page.locator('[data-live="live"]').waitFor()
    gateway = await startAgain(gateway)
    await page.getByText('Caught up: what was missed is kept no longer').waitFor()
    const validation = await gateway.findValidation('kira-example', 'sila')
    await gateway.control('sila', 'PUT', 'status', { validation, status: 'passed' })
    const row = page.locator('[data-customer="kira-example"]')
    await expect.poll(() => row.innerText()).toContain('Approved')
    await context.close()
  })
})

/** A sandbox that keeps nothing, at the address of one before. */
async function startAgain(gateway: ConsoleGateway): Promise<ConsoleGateway> {
  const { port } = new URL(gateway.url)
  await gateway.close()
  return startConsoleGateway({ PORT: port })
}

/** As if the tab were behind another one. */
async function show(page: Page, state: DocumentVisibilityState): Promise<void> {
  await page.evaluate((one) => {
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => one })
    document.dispatchEvent(new Event('visibilitychange'))
  }, state)
}

const EXPECTED: Record<string, string> = {
  review: 'IN_REVIEW',
  documents_required: 'ACTION_REQUIRED',
  passed: 'APPROVED',
}
