// The generator of the load: a process of its own that speaks HTTP over raw sockets, and compares every answer.
import { connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { createAnswerReader, type ReadAnswer } from './answers.ts'
import { quantile } from './load.ts'

export interface Job {
  origin: string
  path: string
  connections: number
  milliseconds: number
  questions: readonly JobQuestion[]
  /** Sent as `authorization`, by each connection one; empty: none. */
  authorizations: readonly string[]
  /** Each question is sent once; the job ends early where there are no more. */
  isOnce?: boolean
}

export interface JobQuestion {
  body: string
  /** Absent: any answer with 200 is right. */
  answer?: string
  headers?: Record<string, string>
}

export interface JobResult {
  requests: number
  seconds: number
  /** Milliseconds. */
  p50: number
  p99: number
  /** Processor time of the generator itself. */
  cpuMicros: number
  /** What was wrong with the first answer that was wrong; null: all were right. */
  complaint: string | null
}

interface Run {
  job: Job
  questions: readonly PreparedQuestion[]
  endsAt: number
  latencies: number[]
  /** How many questions were asked, over all connections. */
  asked: number
  complaint: string | null
}

interface PreparedQuestion {
  answer: Buffer | null
  /** What goes out, by the index of the authorization; made when it is first needed. */
  requests: Buffer[]
}

async function run(job: Job): Promise<JobResult> {
  const questions = job.questions.map(({ answer }) => ({
    answer: answer === undefined ? null : Buffer.from(answer),
    requests: [],
  }))
  const begin = performance.now()
  const before = process.cpuUsage()
  const endsAt = begin + job.milliseconds
  const state: Run = { job, questions, endsAt, latencies: [], asked: 0, complaint: null }
  await Promise.all(Array.from({ length: job.connections }, (_, index) => converse(state, index)))
  const { user, system } = process.cpuUsage(before)
  const { latencies, complaint } = state
  return {
    requests: latencies.length,
    seconds: (performance.now() - begin) / 1_000,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    cpuMicros: user + system,
    complaint,
  }
}

/** One connection: a request, its answer, the next request, until the time is over. */
function converse(state: Run, index: number): Promise<void> {
  const { job, questions } = state
  const { hostname, port } = new URL(job.origin)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = connect({ host: hostname, port: Number(port), noDelay: true })
  // Each connection begins elsewhere, so that they do not ask for the same at the same time.
  let turn = Math.floor((index * questions.length) / job.connections)
  let sentAt = 0
  let question: PreparedQuestion | undefined
  function next() {
    const isOver = performance.now() >= state.endsAt || state.complaint !== null
    const place = job.isOnce ? state.asked : turn % questions.length
    question = isOver ? undefined : questions[place]
    if (question === undefined) return finish(socket, resolve)
    state.asked += 1
    turn += 1
    const bytes = requestBytes(state, place, index % Math.max(1, job.authorizations.length))
    sentAt = performance.now()
    socket.write(bytes)
  }
  const read = createAnswerReader((answer) => {
    if (question === undefined) return
    state.latencies.push(performance.now() - sentAt)
    state.complaint ??= complaintOf(answer, question.answer)
    next()
  })
  socket.on('connect', next)
  socket.on('data', read)
  socket.on('error', reject)
  socket.on('close', () => reject(new Error('The connection was closed.')))
  return promise
}

function finish(socket: Socket, resolve: () => void): void {
  socket.removeAllListeners('close')
  socket.destroy()
  resolve()
}

function requestBytes({ job, questions }: Run, place: number, caller: number): Buffer {
  const requests = questions[place]?.requests ?? []
  const made = requests[caller] ?? Buffer.from(requestText(job, place, caller))
  requests[caller] = made
  return made
}

function requestText({ path, questions, authorizations }: Job, place: number, caller: number): string {
  const { body = '', headers = {} } = questions[place] ?? {}
  const authorization = authorizations[caller]
  const all = {
    host: '127.0.0.1',
    accept: 'application/json',
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    ...(authorization !== undefined && { authorization }),
    ...headers,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`
}

const SHOWN = 300

function complaintOf({ status, body }: ReadAnswer, right: Buffer | null): string | null {
  const isRight = status === 200 && (right === null || body.equals(right))
  return isRight ? null : `${status} ${body.toString().slice(0, SHOWN)}`
}

process.on('message', async (job: Job) => {
  const result = await run(job).catch((error: Error) => ({ complaint: error.message }))
  process.send?.(result)
})
process.on('disconnect', () => process.exit())
// It listens nowhere; this says only that it has begun.
process.send?.({ port: 0 })
