// One customer in a browser: the sentence, the picture and its table, the checks, and personal data on demand.
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInBrowser, openTab, settled } from '../support/browser.ts'
import { openBrowser } from '../support/chromium.ts'
import { type ConsoleGateway, startConsoleGateway } from '../support/console-gateway.ts'

describeInBrowser('a customer', () => {
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
    await tab.page.goto(`${gateway.url}/customers/${await gateway.findEntity(externalId)}`)
    await settled(tab.page, externalId)
    return tab
  }

  it('is told in one sentence, with what each provider says below', async () => {
    const { page, context, complaints } = await open('mona-example')
    await page
      .getByText(
        /^Waiting for the customer to correct the identification number and to upload a document, for .+, at Sila\.$/,
      )
      .waitFor()
    const run = page.getByRole('article', { name: /^Sila / })
    await expect.poll(() => run.innerText()).toContain('documents_required')
    expect(await run.getByRole('list', { name: 'Reasons' }).innerText()).toContain('SSN Miskey')
    expect(await run.innerText()).toMatch(/As of (just now|.+ ago)/)
    expect(complaints).toEqual([])
    await context.close()
  })

  it('is told with the provider that said no, though another is still at work', async () => {
    await gateway.control('gu1', 'PUT', 'status', {
      validation: await gateway.findValidation('bruno-example', 'gu1'),
      status: 'rejected',
    })
    await expect.poll(() => gateway.statusOf('bruno-example')).toBe('REJECTED')
    const { page, context } = await open('bruno-example')
    await page.getByText(/^Rejected, just now, at gu1\./).waitFor()
    await context.close()
  })

  it('has a timeline with a lane for each provider, and the same as a table', async () => {
    const { page, context } = await open('ada-example')
    const picture = page.getByRole('img', { name: /^Status over time/ })
    expect(await picture.getAttribute('aria-label')).toMatch(/gu1: .*Approved.*; Sila: Approved/)
    await expect.poll(() => picture.locator('.timeline-bar').count()).toBeGreaterThanOrEqual(2)
    expect(await picture.locator('.timeline-decision').count()).toBeGreaterThan(0)
    await page.getByText(/^As a table/).click()
    const table = page.getByRole('table', { name: 'Changes, newest first' })
    expect(await table.getByRole('row').count()).toBeGreaterThan(2)
    await page.getByRole('button', { name: '24 hours' }).click()
    await expect.poll(() => picture.locator('.timeline-bar').count()).toBeGreaterThan(0)
    await context.close()
  })

  it('has its checks as a matrix of checks and providers', async () => {
    const { page, context } = await open('bruno-example')
    const matrix = page.getByRole('table', { name: 'Result of each check at each provider' })
    await expect
      .poll(() => matrix.getByRole('columnheader').allInnerTexts())
      .toEqual(['Check', 'Sila', 'gu1'])
    const face = matrix.getByRole('row', { name: /Face match/ })
    expect(await face.innerText()).toMatch(/not checked[\s\S]*Pass/)
    await context.close()
  })

  it('shows personal data only when asked, and the look is in the audit log', async () => {
    const { page, context } = await open('clara-example')
    expect(await page.locator('main').innerText()).not.toContain('Clara')
    const looks = async () => {
      const { data } = await gateway.query('{ auditLog(first: 50) { nodes { piiFields } } }')
      return data.auditLog.nodes.filter((one: { piiFields: string[] }) => one.piiFields.length > 0).length
    }
    const before = await looks()
    await page.getByRole('button', { name: 'Show personal data' }).first().click()
    await page.getByText('Clara', { exact: false }).first().waitFor()
    await expect.poll(looks).toBe(before + 1)
    const hide = page.getByRole('button', { name: 'Hide personal data' })
    expect(await hide.evaluate((one) => one === document.activeElement)).toBe(true)
    await hide.click()
    await expect.poll(() => page.locator('main').innerText()).not.toContain('Clara')
    await context.close()
  })

  it('is asked for again at the providers', async () => {
    const { page, context } = await open('felix-example')
    const ask = page.getByRole('button', { name: 'Ask providers now' })
    await ask.click()
    await page.getByText('All providers were asked.').waitFor()
    expect(await ask.evaluate((one) => one === document.activeElement)).toBe(true)
    await context.close()
  })

  it('who is nobody is said to be nobody', async () => {
    const { page, context } = await openTab(browser)
    await page.goto(`${gateway.url}/customers/RW50aXR5OjAwMDAwMDAwLTAwMDAtNDAwMC04MDAwLTAwMDAwMDAwMDAwMA`)
    await page.getByText('There is no such customer').waitFor()
    await page.goto(`${gateway.url}/nothing/here`)
    await page.getByRole('heading', { name: 'Nothing is here' }).waitFor()
    await context.close()
  })
})
