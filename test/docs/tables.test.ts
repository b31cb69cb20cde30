// The tables that people write say what the code says.
import { describe, expect, it } from 'vitest'
import { isFinal, KYC_STATUSES, type KycStatus } from '../../src/domain/status.ts'
import { PROVIDERS } from '../../src/providers/index.ts'
import { KNOWN_SETTINGS, VOCABULARY } from '../support/known-names.ts'
import { readPage, tableOf } from '../support/page.ts'
import { run } from '../support/terminal.ts'

describe('docs/status.md', () => {
  it('has every status, whether it is final, and whom it can wait for', () => {
    const rows = tableOf('docs/status.md', 'Status', 'Final')
    expect(rows.map(([status]) => status)).toEqual(KYC_STATUSES)
    for (const [status = '', final, waitingOn = ''] of rows) {
      expect([status, final]).toEqual([status, isFinal(status as KycStatus) ? 'yes' : 'no'])
      const stated = waitingOn.split(', ')
      const words = PROVIDERS.flatMap((provider) => Object.values(provider.statuses))
      const used = words.filter((row) => row.status === status).map((row) => row.waitingOn)
      expect(stated).toEqual(expect.arrayContaining(used))
    }
  })

  it('has every word of every provider, and none that is not mapped', () => {
    const expected = KYC_STATUSES.map((status) => [
      status as string,
      ...PROVIDERS.map(({ statuses }) =>
        Object.keys(statuses)
          .filter((word) => statuses[word]?.status === status)
          .join(', '),
      ),
    ]).filter(([, ...words]) => words.some((word) => word !== ''))
    expect(tableOf('docs/status.md', 'Status', ...PROVIDERS.map(({ name }) => name))).toEqual(expected)
  })
})

describe('docs/command-line.md', () => {
  it('names settings that exist, with their defaults', () => {
    const rows = tableOf('docs/command-line.md', 'Setting', 'Meaning')
    for (const [name = '', , stated = ''] of rows) {
      expect(KNOWN_SETTINGS).toHaveProperty(name)
      const known = KNOWN_SETTINGS[name]?.default
      if (known !== undefined) expect([name, stated]).toEqual([name, known])
    }
  })

  it('has every command with its summary, and the exit codes', async () => {
    const { out } = await run(['--help'])
    const listed = [...out.matchAll(/^ {2}([\w-]+) +(.+)$/gm)].map(([, name, summary]) => [name, summary])
    expect(tableOf('docs/command-line.md', 'Command', 'Does')).toEqual(listed)
    const codes = /Exit codes: (.*)/.exec(out)?.[1]?.replaceAll(' · ', ', ')
    expect(readPage('docs/command-line.md')).toContain(`Exit codes: ${codes}.`)
  })
})

describe('docs/front-end.md', () => {
  it('tells what to do about codes that exist', () => {
    const rows = tableOf('docs/front-end.md', 'Code', 'Do').map(([codes = '']) => codes)
    const codes = rows.filter((cell) => !cell.startsWith('any other')).flatMap((cell) => cell.split(', '))
    expect(codes.filter((code) => !VOCABULARY.has(code))).toEqual([])
  })
})
