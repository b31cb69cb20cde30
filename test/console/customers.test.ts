// Who waits on whom: the list of customers in a browser, with its filters, counts and search.
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInBrowser, openTab, settled } from '../support/browser.ts'
import { openBrowser } from '../support/chromium.ts'
import { type ConsoleGateway, startConsoleGateway } from '../support/console-gateway.ts'

describeInBrowser('the list of customers', () => {
  let gateway: ConsoleGateway
  let browser: Browser
  beforeAll(async () => {
    ;[gateway, browser] = await Promise.all([startConsoleGateway(), openBrowser()])
  })
  afterAll(async () => {
    await browser?.close()
    await gateway?.close()
  })

  it('shows who waits on whom, and narrows it by status, who is waited for, provider and search', async () => {
    const { page, context, complaints } = await openTab(browser)
    await page.goto(`${gateway.url}/`)
    await settled(page, 'Customers')
    const rows = page.locator('tbody tr')
    await expect.poll(() => rows.count()).toBe(25)

    await page.getByRole('button', { name: /3\s*Action required/ }).click()
    await expect.poll(() => rows.count()).toBe(3)
    expect(page.url()).toContain('status=ACTION_REQUIRED')
    await page.getByRole('combobox', { name: 'Waiting on' }).selectOption('Customer')
    await page.getByRole('combobox', { name: 'Provider' }).selectOption('Sila')
    await expect.poll(() => rows.count()).toBe(3)
    await page.getByRole('combobox', { name: 'Provider' }).selectOption('gu1')
    await page.getByText('Nobody fits').waitFor()
    await page.goBack()
    await expect.poll(() => rows.count()).toBe(3)
    await page.getByRole('button', { name: 'Clear' }).click()
    await expect.poll(() => rows.count()).toBe(25)

    await page.getByRole('searchbox').fill('example_ba')
    await expect.poll(() => rows.allInnerTexts()).toEqual([expect.stringContaining('example-bakery')])
    await page.getByRole('searchbox').fill('jonas')
    await page.getByLabel('Due for re-verification').check()
    await expect.poll(() => rows.allInnerTexts()).toEqual([expect.stringContaining('Lapsed')])
    await page.reload()
    await expect.poll(() => rows.allInnerTexts()).toEqual([expect.stringContaining('jonas-example')])
    expect(complaints).toEqual([])
    await context.close()
  })

  it('shows nobody of another question where one has failed', async () => {
    const { page, context } = await openTab(browser)
    await page.goto(`${gateway.url}/`)
    await settled(page, 'Customers')
    await context.setOffline(true)
    await page.getByRole('button', { name: /Rejected$/ }).click()
    await page.getByRole('alert').getByText('The gateway cannot be reached.').waitFor()
    expect(await page.locator('tbody tr').count()).toBe(0)
    await context.setOffline(false)
    await page.getByRole('button', { name: 'Try again' }).click()
    await expect.poll(() => page.locator('tbody tr').count()).toBe(4)
    await context.close()
  })

  it('goes by a search and by what is chosen right after it, in one step of the history', async () => {
    const { page, context } = await openTab(browser)
    await page.goto(`${gateway.url}/`)
    await settled(page, 'Customers')
    const steps = () => page.evaluate(() => history.length)
    const before = await steps()
    await page.getByRole('searchbox').fill('jonas')
    await page.getByLabel('Due for re-verification').check()
    await expect.poll(() => new URL(page.url()).search).toBe('?due=true&search=jonas')
    expect(await steps()).toBe(before + 1)
    await context.close()
  })

  it('goes on to the next page and back', async () => {
    const { page, context } = await openTab(browser)
    await page.goto(`${gateway.url}/`)
    await page.getByRole('button', { name: 'Next page' }).click()
    await page.locator('[data-customer="wanda-example"]').waitFor()
    const heading = page.getByRole('heading', { level: 1 })
    expect(await heading.evaluate((one) => [one === document.activeElement, scrollY])).toEqual([true, 0])
    await page.getByRole('button', { name: 'First page' }).click()
    await page.locator('[data-customer="ada-example"]').waitFor()
    await context.close()
  })
})
