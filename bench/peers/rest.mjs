// The emulated REST service that the peers ask: a list, and a call of its own for each detail. It counts its calls.
import { createServer } from 'node:http'
import { customers } from '../customers.ts'
import { listen } from './listen.mjs'

const whole = new Map(customers.map((one) => [one.externalId, Buffer.from(JSON.stringify(one))]))
const details = new Map(
  customers.map((one) => [one.externalId, Buffer.from(JSON.stringify(one.currentValidation))]),
)
const rows = customers.map(({ currentValidation, ...row }) => row)
let calls = 0

const ROUTES = [
  [
    /^\/entities\?first=(\d+)$/,
    (first) => Buffer.from(JSON.stringify({ nodes: rows.slice(0, Number(first)) })),
  ],
  [/^\/entity\?externalId=([\w-]+)$/, (id) => whole.get(id)],
  [/^\/entities\/([\w-]+)\/current-validation$/, (id) => details.get(id)],
]

function answerTo(url) {
  for (const [pattern, answer] of ROUTES) {
    const match = pattern.exec(url)
    if (match) return answer(match[1])
  }
  return undefined
}

// Asked for by the parent: how many since it asked before.
process.on('message', () => {
  process.send({ calls })
  calls = 0
})

listen(
  createServer((request, response) => {
    calls += 1
    const answer = answerTo(request.url)
    const headers = { 'content-type': 'application/json', 'content-length': answer?.length ?? 0 }
    response.writeHead(answer ? 200 : 404, headers)
    response.end(answer)
  }),
)
