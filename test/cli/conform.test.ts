// conform: the conformance list on the command line.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CHECKS } from '../../src/providers/conformance.ts'
import { PROVIDERS } from '../../src/providers/index.ts'
import { killAll, startEmulators } from '../support/gateway-process.ts'
import { run } from '../support/terminal.ts'

const IDS = CHECKS.map(({ id }) => id)
const READING = CHECKS.filter(({ live }) => live === true).map(({ id }) => id)

function linesOf(out: string): { mark: string; id: string; text: string }[] {
  return [...out.matchAll(/^(ok|FAIL|dev|skip) {2,4}([CW]\d\d) {2}(.+)$/gm)].map(
    ([, mark = '', id = '', text = '']) => ({ mark, id, text }),
  )
}

afterAll(killAll)

describe('conform', () => {
  it.each(PROVIDERS.map(({ id }) => id))('%s passes on its emulator, without a setting', async (id) => {
    const { code, out, err } = await run(['conform', id])
    expect([code, err]).toEqual([0, ''])
    const lines = linesOf(out)
    expect(lines.map((line) => line.id)).toEqual(IDS)
    for (const { mark, text } of lines) {
      expect(text).toMatch(/^(MUST|SHOULD) /)
      if (mark === 'skip')
        expect(text).toMatch(/\((does not declare [A-Z_]+|sends no webhooks|signs no time)\)$/)
    }
    expect(out).toMatch(new RegExp(`\n${id} on its emulator: \\d+ ok, 0 failed, `))
  })

  it.each(['acme', '', 'GU1', '__proto__'])(
    'refuses the provider %j and names those that exist',
    async (id) => {
      const { code, out, err } = await run(['conform', id])
      expect([code, out]).toEqual([2, ''])
      expect(err).toContain('There are: gu1, sila')
    },
  )

  it('without a provider says what is missing', async () => {
    const { code, err } = await run(['conform'])
    expect(code).toBe(2)
    expect(err).toContain('conform takes the id of a provider.')
    expect(err).toContain('conform <provider> [--live]')
  })
})

describe('conform --live', () => {
  let emulators: Awaited<ReturnType<typeof startEmulators>>
  beforeAll(async () => {
    emulators = await startEmulators()
  })

  it('lists every missing setting and calls nobody', async () => {
    const { code, out } = await run(['conform', 'sila', '--live'])
    expect(code).toBe(1)
    const named = [...out.matchAll(/^FAIL {2}settings: (\w+) /gm)].map(([, name]) => name)
    expect(named).toEqual(['SILA_BASE_URL', 'SILA_APP_HANDLE', 'SILA_CLIENT_ID', 'SILA_CLIENT_SECRET'])
    expect(linesOf(out)).toEqual([])
  })

  it.each(PROVIDERS.map(({ id }) => id))('only reads at %s, and says why it skips the rest', async (id) => {
    const { code, out } = await run(['conform', id, '--live'], emulators.settings)
    expect(code).toBe(0)
    const lines = linesOf(out)
    expect(lines.filter(({ mark }) => mark === 'ok').map((line) => line.id)).toEqual(READING)
    for (const { mark, text } of lines) if (mark === 'skip') expect(text).toMatch(/\(\S.+\)$/)
    expect(out).toContain(`\n${id} on the real API: `)
  })

  it.each([
    ['gu1', { GU1_API_KEY: 'wrong' }, 'PROVIDER_AUTH_FAILED'],
    ['sila', { SILA_CLIENT_SECRET: 'c4n4ry-key' }, 'PROVIDER_AUTH_FAILED'],
    ['gu1', { GU1_BASE_URL: 'http://127.0.0.1:9' }, 'PROVIDER_UNAVAILABLE'],
  ])('%s fails with %j, names the code and quotes nothing', async (id, changes, expected) => {
    const { code, out } = await run(['conform', id, '--live'], { ...emulators.settings, ...changes })
    expect(code).toBe(1)
    const failed = linesOf(out).filter(({ mark }) => mark === 'FAIL')
    expect(failed.map((line) => line.id)).toEqual(['C13', 'C15'])
    expect(failed[0]?.text).toContain(`(ends in ${expected})`)
    expect(out).not.toContain('c4n4ry')
  })
})
