// Every view: for a keyboard and a screen reader, in light and dark, on a narrow screen, under the strict policy, and soon.
import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInBrowser, openTab, settled } from '../support/browser.ts'
import { openBrowser } from '../support/chromium.ts'
import { type ConsoleGateway, startConsoleGateway } from '../support/console-gateway.ts'

const VIEWS: [heading: string, path: string][] = [
  ['Customers', '/'],
  ['bruno-example', '/customers/:id'],
  ['Providers', '/providers'],
  ['Deliveries', '/deliveries'],
  ['Sandbox', '/sandbox'],
]
const REGISTER = `mutation ($externalId: String!) {
  registerEntity(input: { externalId: $externalId, kind: PERSON }) { entity { id } }
}`
/** The last is the narrowest with a table. */
const WIDTHS = [360, 768, 1_060]
/** What is promised is a second; a busy machine fails nothing. */
const MOST_MS = 5_000

describeInBrowser('every view', () => {
  let gateway: ConsoleGateway
  let browser: Browser
  let customer: string
  beforeAll(async () => {
    ;[gateway, browser] = await Promise.all([startConsoleGateway(), openBrowser()])
    customer = await gateway.findEntity('bruno-example')
    await gateway.query(REGISTER, { externalId: `<img onerror="x">\u202e${'x'.repeat(90)}` })
    await gateway.control('gu1', 'POST', 'deliveries', { body: { greeting: 'of another shape' } })
  })
  afterAll(async () => {
    await browser?.close()
    await gateway?.close()
  })
  const addressOf = (path: string) => gateway.url + path.replace(':id', customer)
  /** With all that can be unfolded. */
  async function openAll(page: Page, heading: string, path: string) {
    await page.goto(addressOf(path))
    await settled(page, heading)
    for (const summary of await page.locator('main details > summary').all()) await summary.click()
  }

  it('has nothing that axe finds wrong, in light and in dark', async () => {
    const { page, context, complaints } = await openTab(browser, { reducedMotion: 'reduce' })
    for (const [heading, path] of VIEWS) {
      await openAll(page, heading, path)
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        expect(await violationsOf(page), `${heading}, ${colorScheme}`).toEqual([])
      }
    }
    expect(complaints).toEqual([])
    await context.close()
  })

  it('fits into every width, and nothing is cut off', async () => {
    const { page, context } = await openTab(browser)
    for (const [heading, path] of VIEWS) {
      await openAll(page, heading, path)
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 740 })
        // The pictures are drawn anew in their new width.
        await expect.poll(() => beyondEdge(page), { message: `${heading}, ${width}` }).toEqual([])
      }
    }
    await context.close()
  })

  it('is reached by keyboard, and begins at its heading', async () => {
    const { page, context } = await openTab(browser)
    await page.goto(addressOf('/'))
    await settled(page, 'Customers')
    await page.keyboard.press('Tab')
    expect(await focused(page)).toBe('A Skip to the content')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    expect(await focused(page)).toMatch(/^BUTTON .*Action required$/)
    await page.getByRole('link', { name: 'Providers' }).focus()
    await page.keyboard.press('Enter')
    await expect.poll(() => focused(page)).toBe('H1 Providers')
    expect(await page.title()).toBe('Providers · KYC console')
    await page.getByRole('button', { name: 'Change to dark colours' }).press('Enter')
    expect(await page.locator('html').getAttribute('data-theme')).toBe('dark')
    await page.reload()
    expect(await page.locator('html').getAttribute('data-theme')).toBe('dark')
    await context.close()
  })

  it('sends nothing but ids of documents, and only here', async () => {
    const { page, context } = await openTab(browser)
    const bodies: Record<string, unknown>[] = []
    const elsewhere: string[] = []
    page.on('request', (request) => {
      if (!request.url().startsWith(gateway.app.origin)) elsewhere.push(request.url())
      if (request.url().endsWith('/graphql')) bodies.push(request.postDataJSON())
    })
    for (const [heading, path] of VIEWS) {
      await page.goto(addressOf(path))
      await settled(page, heading)
    }
    expect(elsewhere).toEqual([])
    expect(bodies.length).toBeGreaterThan(8)
    for (const { query, documentId } of bodies)
      expect([query || null, documentId]).toEqual([null, expect.stringMatching(/^[0-9a-f]{64}$/)])
    await context.close()
  })

  it('says so where its code is no longer there', async () => {
    const { page, context } = await openTab(browser)
    await page.goto(addressOf('/'))
    await settled(page, 'Customers')
    await page.route('**/providers-view*.js', (route) => route.abort())
    await page.getByRole('link', { name: 'Providers' }).click()
    await page.getByRole('heading', { name: 'This view cannot be shown' }).waitFor()
    await page.getByRole('link', { name: 'Deliveries' }).click()
    await settled(page, 'Deliveries')
    await context.close()
  })

  it('is there soon', async () => {
    const { page, context } = await openTab(browser)
    await page.goto(addressOf('/'))
    await page.locator('[data-customer="ada-example"]').waitFor()
    const ms = await page.evaluate(
      () => performance.getEntriesByName('interactive')[0]?.startTime ?? Number.NaN,
    )
    process.stdout.write(`The console showed customers ${Math.round(ms)} ms after it was asked for.\n`)
    expect(ms).toBeLessThan(MOST_MS)
    await context.close()
  })
})

async function violationsOf(page: Page) {
  await page.evaluate(axe.source)
  const { violations } = (await page.evaluate(
    `axe.run(document, { resultTypes: ['violations'] })`,
  )) as axe.AxeResults
  return violations.map(({ id, nodes }) => ({
    id,
    where: nodes.map(({ html, failureSummary }) => `${html.slice(0, 160)} ${failureSummary}`),
  }))
}

/** What stands wider than the page, and what of the view reaches over its right edge, where it would be cut off. */
function beyondEdge(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement
    const edge = document.querySelector('main')?.getBoundingClientRect().right ?? 0
    const wide = [...document.querySelectorAll('main :not(.visually-hidden, thead, thead *)')].filter(
      (one) => one.getBoundingClientRect().right > edge + 0.5,
    )
    return [
      ...(scrollWidth > clientWidth ? ['the page'] : []),
      ...wide.map((one) => one.outerHTML.slice(0, 80)),
    ]
  })
}

function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const { activeElement: one } = document
    return `${one?.tagName} ${(one?.getAttribute('aria-label') ?? one?.textContent ?? '').trim()}`
  })
}
