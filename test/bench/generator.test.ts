// The generator sends what it was told, counts what came back, and takes no wrong answer for a right one.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { endAll, type Peer, startPeer } from '../../bench/children.ts'
import type { Job, JobResult } from '../../bench/generator.ts'
import { cpuOf, memoryOf, treeOf } from '../../bench/processes.ts'

const questions = ['one', 'two', 'three'].map((body) => ({ body, answer: `the answer to ${body}` }))

describe('the generator', () => {
  let generator: Peer
  let server: Server
  let seen: { authorization: string | undefined; body: string }[]
  let answerTo = right

  beforeAll(async () => {
    generator = await startPeer('generator.ts')
    server = createServer(async (request, response) => {
      const body = await textOf(request)
      seen.push({ authorization: request.headers.authorization, body })
      response.end(answerTo(body))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  beforeEach(() => {
    seen = []
    answerTo = right
  })
  afterAll(async () => {
    await endAll()
    server.close()
  })

  const drive = (job: Partial<Job>) => {
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const whole = { origin, path: '/', connections: 2, milliseconds: 10_000, questions, authorizations: [] }
    return generator.ask({ ...whole, ...job }) as Promise<JobResult>
  }

  it('asks every question once where that is wanted, and ends', async () => {
    const { requests, complaint } = await drive({ isOnce: true })
    expect([requests, complaint]).toEqual([3, null])
    expect(seen.map(({ body }) => body).toSorted()).toEqual(['one', 'three', 'two'])
  })

  it('asks all of them in turns until the time is over', async () => {
    const { requests, p50, seconds } = await drive({ milliseconds: 200 })
    expect(requests).toBe(seen.length)
    expect(new Set(seen.map(({ body }) => body)).size).toBe(3)
    expect(p50).toBeGreaterThan(0)
    expect(seconds).toBeGreaterThanOrEqual(0.2)
  })

  it('lets each connection be a caller of its own', async () => {
    await drive({ milliseconds: 100, authorizations: ['Bearer one', 'Bearer two'] })
    expect(new Set(seen.map(({ authorization }) => authorization))).toEqual(
      new Set(['Bearer one', 'Bearer two']),
    )
  })

  it('stops at the first answer that is wrong, and says what it was', async () => {
    answerTo = (body) => (body === 'two' ? 'something else' : right(body))
    const { complaint } = await drive({ connections: 1 })
    expect(complaint).toBe('200 something else')
    expect(seen).toHaveLength(2)
  })

  it('says so where nobody answers', async () => {
    const { complaint } = await drive({ origin: 'http://127.0.0.1:1' })
    expect(complaint).toContain('ECONNREFUSED')
  })

  it('is below the process that started it, and what it has used is seen', () => {
    expect(treeOf(process.pid)).toContain(generator.pid)
    expect(treeOf(generator.pid)).not.toContain(process.pid)
    expect(cpuOf([generator.pid])).toBeGreaterThan(0)
    expect(memoryOf([generator.pid], 'peak')).toBeGreaterThanOrEqual(memoryOf([generator.pid], 'now'))
    expect(memoryOf([generator.pid], 'now')).toBeGreaterThan(1)
  })
})

const right = (body: string) => `the answer to ${body}`

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
