// The inbox: which webhook failed and why, its replay, and what happens to it.
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { MAX_TRIES } from '../../src/service/worker.ts'
import { describeInBrowser, openTab, settled } from '../support/browser.ts'
import { openBrowser } from '../support/chromium.ts'
import { type ConsoleGateway, startConsoleGateway } from '../support/console-gateway.ts'

describeInBrowser('the inbox', () => {
  let gateway: ConsoleGateway
  let browser: Browser
  beforeAll(async () => {
    ;[gateway, browser] = await Promise.all([startConsoleGateway(), openBrowser()])
  })
  afterAll(async () => {
    await browser?.close()
    await gateway?.close()
  })

  it('says why a webhook is dead, and has it processed again once its cause is mended', async () => {
    const { page, context } = await openTab(browser)
    await killDelivery(gateway)
    await page.goto(`${gateway.url}/deliveries`)
    await settled(page, 'Deliveries')
    await page.getByRole('button', { name: 'Dead' }).click()
    const row = page.locator('tbody tr')
    await expect.poll(() => row.count()).toBe(1)
    expect(await row.innerText()).toMatch(
      /Dead[\s\S]*PROVIDER_UNAVAILABLE[\s\S]*5 attempts[\s\S]*uma-example/,
    )

    await gateway.control('sila', 'PUT', 'fault', { kind: 'none' })
    const replay = row.getByRole('button', { name: /^Replay Sila kyc_status/ })
    await replay.click()
    const dialog = page.getByRole('dialog', { name: 'Replay this delivery?' })
    await page.keyboard.press('Escape')
    await expect.poll(() => dialog.count()).toBe(0)
    await expect.poll(() => replay.evaluate((one) => one === document.activeElement)).toBe(true)
    await replay.click()
    await dialog.getByRole('button', { name: 'Replay' }).click()
    await dialog.getByText('It is queued').waitFor()
    await dialog.getByRole('button', { name: 'Close' }).click()
    await expect.poll(() => gateway.statusOf('uma-example')).toBe('APPROVED')
    await page.getByText('No webhook is in this state').waitFor()
    await page.getByRole('button', { name: 'Dead' }).click()
    await expect.poll(() => row.first().getAttribute('data-state')).toBe('DONE')
    await row.first().getByRole('link', { name: 'uma-example' }).click()
    await settled(page, 'uma-example')
    await context.close()
  })

  it('keeps what is genuine and not understood, and says so', async () => {
    const { page, context } = await openTab(browser)
    await gateway.control('gu1', 'POST', 'deliveries', { body: { greeting: 'of another shape' } })
    await page.goto(`${gateway.url}/deliveries?state=QUARANTINED`)
    const row = page.locator('tbody tr')
    await expect.poll(() => row.count()).toBe(1)
    expect(await row.innerText()).toContain('Genuine, and not understood.')
    await row.getByRole('button', { name: /^Replay/ }).click()
    const dialog = page.getByRole('dialog')
    await context.setOffline(true)
    await dialog.getByRole('button', { name: 'Replay' }).click()
    await dialog.getByText('The gateway cannot be reached.').waitFor()
    await context.setOffline(false)
    await dialog.getByRole('button', { name: 'Replay' }).click()
    await dialog.getByText('It is genuine, and still not understood.').waitFor()
    const close = dialog.getByRole('button', { name: 'Close' })
    expect(await close.evaluate((one) => one === document.activeElement)).toBe(true)
    await context.close()
  })
})

/** The provider is down for as long as a delivery is tried; most of the tries and their pauses are passed over. */
async function killDelivery(gateway: ConsoleGateway): Promise<void> {
  const { db } = gateway.app.services
  const validation = await gateway.findValidation('uma-example', 'sila')
  await gateway.control('sila', 'PUT', 'fault', { kind: 'status', status: 503 })
  await gateway.control('sila', 'PUT', 'status', { validation, status: 'passed' })
  const failed = () => db.selectFrom('delivery').select(['state', 'failure']).execute()
  await expect.poll(failed).toEqual([{ state: 'READY', failure: 'PROVIDER_UNAVAILABLE' }])
  const due_at = gateway.app.services.now().toISOString()
  await db
    .updateTable('delivery')
    .set({ attempts: MAX_TRIES - 1, due_at })
    .execute()
  await expect.poll(failed).toEqual([{ state: 'DEAD', failure: 'PROVIDER_UNAVAILABLE' }])
}
