// The file of gates: whatever is wrong with it is said at once, with its place, and nothing starts.
import { describe, expect, it } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { writeGates } from '../support/gates-file.ts'
import { run } from '../support/terminal.ts'

/** Everything that is said of a file with this content. */
async function problemsOf(content: unknown, environment: Record<string, string> = {}): Promise<string[]> {
  const file = writeGates(content)
  try {
    const { code, out, err } = await run(['serve'], {
      KYC_MODE: 'sandbox',
      ...file.environment,
      // So that nothing starts where nothing is wrong with the file.
      PORT: 'none',
      ...environment,
    })
    expect([code, out]).toEqual([1, ''])
    return [...err.matchAll(/^ {2}GATES_FILE (.*)$/gm)].map(([, problem = '']) => problem)
  } finally {
    file.remove()
  }
}

const withdraw = { approvedBy: 'all' }

describe('a file of gates', () => {
  it.each<[string, unknown]>([
    ['none', {}],
    ['one', { withdraw }],
    [
      'null for whatever may be absent',
      {
        withdraw: {
          ...{ ...withdraw, description: null, kinds: null, despiteRejection: null },
          ...{ maxAgeDays: null, maxStalenessSeconds: null, checks: null },
        },
      },
    ],
    [
      'everything that there is',
      {
        withdraw: {
          description: 'Money leaves.',
          kinds: ['PERSON', 'BUSINESS'],
          approvedBy: ['gu1', 'sila'],
          despiteRejection: true,
          maxAgeDays: 36_500,
          maxStalenessSeconds: 1,
          checks: { AML_SCREENING: ['PASS', 'NEUTRAL', 'ATTENTION'] },
        },
        'Send_money-2': { approvedBy: 'any', description: 'A name in it: {"withdraw": 1}' },
      },
    ],
  ])('may hold %s', async (_, content) => {
    expect(await problemsOf(content)).toEqual([])
  })

  it.each<[string, unknown, string[]]>([
    ['is no JSON', '{ withdraw: {} }', ['names a file that is not JSON']],
    ['is a list', [withdraw], ['$ must be an object from the name of each gate to its policy']],
    ['has a name with a space', { 'with draw': withdraw }, ['$.with draw must be a name of 1 to 64 letters']],
    [
      'has a name with a space, and a policy with a mistake',
      { 'with draw': { ...withdraw, maxAge: 3 } },
      ['$.with draw must be a name of 1 to 64 letters', '$.with draw.maxAge is no word of a policy'],
    ],
    ['has no policy', { withdraw: 'all' }, ['$.withdraw must be the object of a policy']],
    [
      'does not say who approves',
      { withdraw: {} },
      ['$.withdraw.approvedBy must be "all", "any", or a list'],
    ],
    [
      'has an unknown word',
      { withdraw: { ...withdraw, maxAge: 3 } },
      ['$.withdraw.maxAge is no word of a policy'],
    ],
    [
      'has a provider that is not in use',
      { a: { approvedBy: ['gu1', 'acme'] } },
      ['$.a.approvedBy.1 must be a provider'],
    ],
    ['has a list of nobody', { a: { approvedBy: [] } }, ['$.a.approvedBy must have at least one']],
    [
      'has a kind that is none',
      { a: { ...withdraw, kinds: ['UNKNOWN'] } },
      ['$.a.kinds.0 must be PERSON or BUSINESS'],
    ],
    [
      'has a check that is none',
      { a: { ...withdraw, checks: { AML: ['PASS'] } } },
      ['$.a.checks.AML is no kind of check'],
    ],
    [
      'takes what was failed for good enough',
      { a: { ...withdraw, checks: { LIVENESS: ['PASS', 'FAIL'] } } },
      ['$.a.checks.LIVENESS.1 must be one of PASS, NEUTRAL, ATTENTION'],
    ],
    [
      'has times that are none',
      { a: { ...withdraw, maxAgeDays: 0.5 } },
      ['$.a.maxAgeDays must be a whole number from 1'],
    ],
    [
      'contradicts itself',
      { a: { ...withdraw, despiteRejection: true } },
      ['$.a cannot have both approvedBy "all" and despiteRejection'],
    ],
    [
      'says something twice, of which one would be lost',
      '{ "a": { "approvedBy": "all", "approvedBy": "any" }, "b": { "approvedBy": "any" }, "a": { "approvedBy": "any" } }',
      ['$.a.approvedBy is there twice', '$.a is there twice'],
    ],
    [
      'has a name that would be lost',
      '{ "__proto__": { "approvedBy": "any" } }',
      ['$.__proto__ is no name for anything'],
    ],
    [
      'is wrong in several places',
      { a: { approvedBy: 3, maxAgeDays: 'ten' }, b: { ...withdraw, x: 1, y: 2 } },
      ['$.a.approvedBy must', '$.a.maxAgeDays must', '$.b.x is no word', '$.b.y is no word'],
    ],
  ])('that %s is refused with its place', async (_, content, expected) => {
    const problems = await problemsOf(content)
    expect(problems).toHaveLength(expected.length)
    for (const [index, start] of expected.entries())
      expect(problems[index]).toMatch(new RegExp(`^${quoted(start)}`))
  })

  function quoted(text: string): string {
    return text.replaceAll(/[.$"[\]]/g, '\\$&')
  }

  it('is never quoted, nor is its path', async () => {
    const bad = {
      a: { approvedBy: 'c4n4ry', description: 3, kinds: ['c4n4ry'], checks: { LIVENESS: ['c4n4ry'] } },
    }
    expect((await problemsOf(bad)).join()).not.toContain('c4n4ry')
    const { code, err } = await run(['serve'], { KYC_MODE: 'sandbox', GATES_FILE: '/nowhere/c4n4ry.json' })
    expect([code, err]).toEqual([1, expect.stringContaining('GATES_FILE names a file that cannot be read')])
    expect(err).not.toContain('c4n4ry')
  })

  it('may name only providers that are in use', async () => {
    const content = { a: { approvedBy: ['sila'] } }
    expect(await problemsOf(content, { KYC_PROVIDERS: 'gu1' })).toEqual([
      '$.a.approvedBy.0 must be a provider in use: gu1',
    ])
  })

  it('is needed in live mode only: the sandbox has gates of its own', () => {
    expect([...readConfig({}, { mode: 'sandbox' }).gates.keys()]).toEqual(['withdraw', 'deposit'])
    const file = writeGates({ mine: withdraw })
    expect([...readConfig(file.environment, { mode: 'sandbox' }).gates.keys()]).toEqual(['mine'])
    file.remove()
    expect([...readConfig({}, { mode: 'live', definitions: [] }).gates.keys()]).toEqual([])
  })
})
