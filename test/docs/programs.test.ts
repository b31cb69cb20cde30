// The programs that the pages quote run against a sandbox, and print what their first lines promise.
import { afterAll, describe, expect, it } from 'vitest'
import { killAll, startProcess } from '../support/gateway-process.ts'
import { blocksOf, readPage, writtenPages } from '../support/page.ts'
import { programs } from '../support/programs.ts'
import { startSandbox } from '../support/sandbox.ts'

describe('the programs of the pages', () => {
  afterAll(() => killAll())

  it.each(programs())('%s does what it promises', { timeout: 60_000 }, async (path) => {
    const promised = [...readPage(path).matchAll(/^\/\/ prints: (.*)$/gm)].map(([, line]) => line)
    expect(promised).not.toEqual([])
    const app = await startSandbox()
    try {
      const program = startProcess([process.execPath, path], { GATEWAY: app.origin })
      const code = await program.exit
      expect([program.output().trimEnd().split('\n'), code]).toEqual([promised, 0])
    } finally {
      await app.close()
    }
  })

  it('are quoted, each of them', () => {
    const quoted = writtenPages().flatMap((page) => blocksOf(page).map((block) => block.quoted))
    expect(programs().filter((path) => !quoted.includes(path))).toEqual([])
  })
})
