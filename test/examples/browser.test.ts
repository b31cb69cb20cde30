// examples/browser: a page on an origin of its own shows a status live, and misses nothing of what happens while it is cut off.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { prune } from '../../src/service/retention.ts'
import { createTestApp, type TestApp } from '../support/app.ts'
import { describeInBrowser, openBrowser } from '../support/browser.ts'
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts'
import { killAll, startProcess } from '../support/gateway-process.ts'
import { createGu1People, type Gu1People, type Gu1Person } from '../support/gu1-people.ts'

const DAY = 86_400

describeInBrowser('the page', () => {
  let browser: Browser
  let address: URL
  let app: TestApp
  let people: Gu1People
  let network: FaultProxy

  beforeAll(async () => {
    browser = await openBrowser()
    const files = startProcess([process.execPath, 'examples/browser/serve.ts'], { PORT: '0' })
    const [, open = ''] = await files.waitFor(/Open (\S+)/)
    address = new URL(open)
    app = await createTestApp({ environment: { CORS_ORIGINS: address.origin, HISTORY_RETENTION_DAYS: '30' } })
    people = createGu1People(app)
    network = await startFaultProxy(Number(new URL(app.origin).port))
  })
  afterAll(async () => {
    await browser.close()
    await network.close()
    await app.close()
    await killAll()
  })

  async function open({ externalId }: Pick<Gu1Person, 'externalId'>): Promise<Page> {
    const page = await browser.newPage()
    const parameters = new URLSearchParams({ customer: externalId, gateway: `${network.origin}/graphql` })
    await page.goto(`${address.origin}/?${parameters}`)
    return page
  }
  const textOf = (page: Page, selector: string) => page.locator(selector).textContent()
  async function changesOf(page: Page): Promise<string[]> {
    const rows = await page.locator('#changes li').allTextContents()
    return rows.map((row) => row.replace(/^.*?(?=[A-Z_]{3,})/, ''))
  }

  it('shows how its customer stands, and each change as it comes', async () => {
    const ada = await people.add()
    const page = await open(ada)
    await expect.poll(() => changesOf(page)).toEqual(['IN_PROGRESS (so it stands)'])
    expect(await textOf(page, '#age')).toMatch(/^As of /)
    await people.move(ada, 'approved')
    await expect.poll(() => textOf(page, '#advice')).toBe('You are verified.')
    expect(await changesOf(page)).toEqual(['IN_PROGRESS (so it stands)', 'APPROVED'])
  })

  it('goes on after the last event it heard, by itself, when its connection was cut', async () => {
    const ada = await people.add()
    const page = await open(ada)
    await expect.poll(() => changesOf(page)).toHaveLength(1)
    await network.set({ kind: 'down' })
    await expect.poll(() => textOf(page, '#connection')).toBe('The connection broke.')
    await people.move(ada, 'in_review')
    await people.move(ada, 'approved')
    await network.set({ kind: 'none' })
    const heard = ['IN_PROGRESS (so it stands)', 'IN_REVIEW', 'APPROVED']
    await expect.poll(() => changesOf(page)).toEqual(heard)
    expect(await textOf(page, '#connection')).toMatch(/^Connected again, after event \S+\.$/)
    expect(await textOf(page, '#status')).toBe('APPROVED')
  })

  it('begins with how things stand where the browser was refused, as its last event is too old', async () => {
    const [ada, bruno] = [await people.add(), await people.add()]
    const page = await open(ada)
    await expect.poll(() => changesOf(page)).toEqual(['IN_PROGRESS (so it stands)'])
    await page.clock.install()
    await network.set({ kind: 'down' })
    await people.move(ada, 'approved')
    app.clock.advance(40 * DAY)
    await people.move(bruno, 'approved')
    await prune(app.services)
    await people.move(ada, 'in_review')
    await network.set({ kind: 'none' })
    const heardLater = async () => {
      await page.clock.fastForward(5_000)
      return changesOf(page)
    }
    await expect.poll(heardLater).toEqual(['IN_PROGRESS (so it stands)', 'IN_REVIEW (so it stands)'])
  })

  it('says that an answer is old while the provider is down', async () => {
    const ada = await people.add()
    const page = await open(ada)
    await expect.poll(() => textOf(page, '#age')).toMatch(/^As of /)
    await app.control('gu1', 'PUT', 'fault', { kind: 'status', status: 503 })
    app.clock.advance(1)
    await page.locator('#ask').click()
    await expect.poll(() => textOf(page, '#age')).toMatch(/a provider cannot be asked now\.$/)
    await app.control('gu1', 'PUT', 'fault', { kind: 'none' })
  })

  it('says where there is no such customer', async () => {
    const page = await open({ externalId: 'nobody' })
    await expect.poll(() => textOf(page, '#age')).toBe('There is no such customer.')
    expect(await changesOf(page)).toEqual([])
  })
})
