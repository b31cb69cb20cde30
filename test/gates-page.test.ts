// docs/gates.md is true: its file can be used, its query runs, and its tables have every word.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, validate } from 'graphql'
import { describe, expect, it } from 'vitest'
import { GATE_BLOCKER_CODES } from '../src/domain/gate.ts'
import { parseGates } from '../src/gates-file.ts'
import { createSchema } from '../src/graphql/schema.ts'
import { PROVIDERS } from '../src/providers/index.ts'
import { SANDBOX_GATES } from '../src/sandbox-gates.ts'

const PAGE = readFileSync(join(import.meta.dirname, '../docs/gates.md'), 'utf8')
const PROVIDER_IDS = PROVIDERS.map(({ id }) => id)

function blocksOf(language: string): string[] {
  return [...PAGE.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, text = '']) => text,
  )
}

/** The first cells of the table that has this head. */
function firstCellsOf(head: string): string[] {
  const [, table = ''] = PAGE.split(`| ${head} |`)
  const rows = table.split('\n\n')[0]?.split('\n').slice(2) ?? []
  return rows.map((row) => row.split('|')[1]?.trim() ?? '')
}

describe('the page about gates', () => {
  it('has files of gates that can be used', () => {
    const files = blocksOf('json').map((text) => parseGates(JSON.parse(text), PROVIDER_IDS))
    expect(files.map(({ problems }) => problems)).toEqual([[]])
    expect([...(files[0]?.policies.keys() ?? [])]).toContain('withdraw')
  })

  it('has queries that fit the schema', () => {
    const queries = blocksOf('graphql')
    expect(queries).toHaveLength(1)
    for (const text of queries) expect(validate(createSchema(), parse(text))).toEqual([])
  })

  it('explains every word of a policy, and no other', () => {
    const { problems } = parseGates({ a: { approvedBy: 'all', other: 1 } }, PROVIDER_IDS)
    const words = problems[0]?.split('there are ')[1]?.split(', ') ?? []
    const explained = firstCellsOf('Word').map((cell) => cell.replaceAll('`', ''))
    expect(explained.toSorted()).toEqual(words.toSorted())
  })

  it('says of every code what to do', () => {
    const codes = firstCellsOf('Code').flatMap((cell) => cell.split(', '))
    expect(codes.toSorted()).toEqual([...GATE_BLOCKER_CODES].sort())
  })

  it('names the gates of the sandbox', () => {
    for (const name of SANDBOX_GATES.keys()) expect(PAGE).toContain(`\`${name}\``)
  })
})
