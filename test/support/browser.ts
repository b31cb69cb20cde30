// A real browser for tests of the console: the Chromium of this machine, where it has one.
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { describe, expect } from 'vitest'
import { findChromium } from './chromium.ts'

/** A browser, a gateway and the tests share the machine with others: the time is for the busiest of them. */
const TEST_MS = 60_000

export function describeInBrowser(name: string, tests: () => void): void {
  describe.skipIf(findChromium() === null)(name, { timeout: TEST_MS }, tests)
}

export interface Tab {
  page: Page
  context: BrowserContext
  /** What the browser complained about: errors of scripts, violations of the content security policy, lost requests. */
  complaints: string[]
}

type ContextOptions = NonNullable<Parameters<Browser['newContext']>[0]>

export async function openTab(browser: Browser, options: ContextOptions = {}): Promise<Tab> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 860 },
    timezoneId: 'UTC',
    ...options,
  })
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  return { page, context, complaints }
}

/** Waits until the view has the heading, and its data. */
export async function settled(page: Page, heading: string | RegExp): Promise<void> {
  await page.getByRole('heading', { level: 1, name: heading }).waitFor()
  await expect.poll(() => page.locator('.skeleton').count()).toBe(0)
}
