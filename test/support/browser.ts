// A real browser for tests of the console: the Chromium of this machine, where it has one.
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { describe, expect } from 'vitest'
import { findChromium } from './find-chromium.ts'

export const describeInBrowser = describe.skipIf(findChromium() === null)

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: findChromium() ?? '', args: ARGS })
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
