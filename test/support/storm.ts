// Many clients of one server, in a thread of their own, so that what they do costs the server no time.
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { Agent, request } from 'undici'

export interface Storm {
  url: string
  clients: number
  /** Requests of each client, one after the other. */
  each: number
}

export interface StormAnswer {
  status: number
  retryAfter: string | null
  text: string
  ms: number
}

/** Every answer. Who is refused comes again a little later, as clients do that are told to. */
export function startStorm(storm: Storm): Promise<StormAnswer[]> {
  const worker = new Worker(new URL(import.meta.url), { workerData: storm })
  return new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}

async function run({ url, clients, each }: Storm): Promise<StormAnswer[]> {
  const dispatcher = new Agent({ connections: clients })
  const all = (work: () => Promise<void>) => Promise.all(Array.from({ length: clients }, work))
  // All are connected before any begins: else each is done before the next is there.
  await all(async () => (await request(new URL('/livez', url), { dispatcher })).body.dump())
  const answers: StormAnswer[] = []
  await all(async () => {
    for (let sent = 0; sent < each; sent += 1) {
      const begin = performance.now()
      const { statusCode, headers, body } = await request(url, { method: 'POST', body: '{}', dispatcher })
      const text = await body.text()
      const retryAfter = headers['retry-after']?.toString() ?? null
      answers.push({ status: statusCode, retryAfter, text, ms: performance.now() - begin })
      if (statusCode === 503) await pause(REST_MS)
    }
  })
  await dispatcher.close()
  return answers
}

const REST_MS = 20

if (!isMainThread && parentPort) parentPort.postMessage(await run(workerData as Storm))
