// docs/images/: pictures of the console over an hour of invented life, made by `npm run screenshots`. Needs a Chromium and a built console.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { findChromium, openBrowser } from '../test/support/chromium.ts'
import { type ConsoleGateway, startConsoleGateway } from '../test/support/console-gateway.ts'

const FOLDER = join(import.meta.dirname, '../docs/images')
const MINUTE = 60_000
/** How long ago the gateway began; its clock is moved on by hand, and in the end shows the time of the browser. */
const MINUTES = 58

interface Shot {
  name: string
  path: string
  ready: string
  scheme?: 'light' | 'dark'
  width?: number
  height?: number
  before?(page: Page): Promise<void>
}

if (findChromium() === null) {
  process.stderr.write('There is no Chromium here. CHROMIUM_PATH names one.\n')
  process.exit(1)
}
mkdirSync(FOLDER, { recursive: true })
const clock = { behind: MINUTES * MINUTE }
/** A breaker goes by the time that really passes, of which this hour has a few seconds. */
const settings = { OPEN_STATUS_MAX_AGE: '0', SILA_POLICY: 'trial=50,retries=0' }
const gateway = await startConsoleGateway(settings, () => new Date(Date.now() - clock.behind))
const browser = await openBrowser()
try {
  await live(gateway)
  for (const shot of await shots(gateway)) await take(browser, shot)
  await tellChange(browser, gateway)
} finally {
  await browser.close()
  await gateway.close()
}

/** What happens in an hour: questions each minute, a few moves, a provider that is down for a while. */
async function live({ query, control, findValidation }: ConsoleGateway): Promise<void> {
  const move = async (externalId: string, provider: string, status: string) =>
    control(provider, 'PUT', 'status', { validation: await findValidation(externalId, provider), status })
  const events: Record<number, () => Promise<unknown>> = {
    6: () => move('kira-example', 'sila', 'review'),
    11: () => move('emma-example', 'gu1', 'in_review'),
    16: () => move('bruno-example', 'sila', 'documents_required'),
    20: () => control('sila', 'PUT', 'fault', { kind: 'status', status: 503 }),
    24: () => control('sila', 'PUT', 'fault', { kind: 'none' }),
    30: () => move('kira-example', 'sila', 'documents_required'),
    36: () => move('bruno-example', 'sila', 'documents_received'),
    41: () => control('gu1', 'POST', 'deliveries', { body: { greeting: 'of another shape' } }),
    45: () => move('bruno-example', 'sila', 'review'),
    50: () => move('emma-example', 'gu1', 'approved'),
    54: () => move('bruno-example', 'sila', 'documents_required'),
  }
  for (let minute = 0; minute <= MINUTES; minute++) {
    clock.behind = (MINUTES - minute) * MINUTE
    await events[minute]?.()
    await query(
      `{ entities(first: ${4 + ((minute * 7) % 9)}) { nodes { currentValidation { verifications { kind } } } } }`,
    )
  }
}

async function shots({ findEntity }: ConsoleGateway): Promise<Shot[]> {
  const customer = `/customers/${await findEntity('bruno-example')}`
  const hour = (page: Page) => page.getByRole('button', { name: '1 hour' }).click()
  return [
    { name: 'console-customers', path: '/', ready: '.chip-count' },
    { name: 'console-customer', path: customer, ready: '.timeline-bar', before: hour, height: 900 },
    {
      name: 'console-customer-dark',
      path: customer,
      ready: '.timeline-bar',
      before: hour,
      height: 900,
      scheme: 'dark',
    },
    { name: 'console-providers', path: '/providers', ready: '.u-wrap', height: 900 },
    { name: 'console-narrow', path: '/', ready: '.chip-count', width: 360, height: 760 },
    {
      name: 'console-sandbox',
      path: `/sandbox?customer=${await findEntity('mona-example')}`,
      ready: '.words',
      height: 900,
      async before(page) {
        for (const word of ['review', 'documents_required', 'passed']) {
          const before = await page.locator('[data-change]').count()
          await page.getByRole('radio', { name: new RegExp(`^${word} `) }).check()
          await page.getByRole('button', { name: 'Move it' }).click()
          await page.locator(`[data-change] >> nth=${before}`).waitFor()
        }
      },
    },
  ]
}

async function open(browser: Browser, { path, ready, scheme = 'light', width = 1_200, height = 760 }: Shot) {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: scheme,
    reducedMotion: 'reduce',
    timezoneId: 'UTC',
  })
  const page = await context.newPage()
  await page.goto(gateway.url + path)
  await page.locator(ready).first().waitFor()
  await page.locator('[data-live="live"]').or(page.locator('main:not(:has([data-live]))')).first().waitFor()
  await page.waitForFunction(() => document.querySelector('.skeleton') === null)
  return { page, context }
}

async function take(browser: Browser, shot: Shot): Promise<void> {
  const { page, context } = await open(browser, shot)
  await shot.before?.(page)
  await page.screenshot({ path: join(FOLDER, `${shot.name}.png`) })
  await context.close()
}

/** The same tab, before a webhook and after it. */
async function tellChange(
  browser: Browser,
  { control, findEntity, findValidation }: ConsoleGateway,
): Promise<void> {
  const path = `/customers/${await findEntity('tomas-example')}`
  const { page, context } = await open(browser, {
    name: 'live',
    path,
    ready: '.timeline-bar',
    width: 1_000,
    height: 560,
  })
  await page.getByRole('button', { name: '1 hour' }).click()
  await page.screenshot({ path: join(FOLDER, 'live-before.png') })
  const validation = await findValidation('tomas-example', 'sila')
  await control('sila', 'PUT', 'status', { validation, status: 'passed' })
  await page.getByText(/^Approved, just now/).waitFor()
  await page.locator('.tone-good .timeline-bar').first().waitFor()
  await page.screenshot({ path: join(FOLDER, 'live-after.png') })
  await context.close()
}
