// The floor: node:http alone, which reads the request and sends what lies ready. It keeps nothing and asks nobody.
import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import { customers, hotQuestions, listQuestions } from '../customers.ts'
import { listen } from './listen.mjs'

const list = Buffer.from(listQuestions[0].answer)
const hot = new Map(
  customers.map(({ externalId }, index) => [externalId, Buffer.from(hotQuestions[index].answer)]),
)
const received = Buffer.from('{}')
const subscribers = new Set()

function send(response, answer) {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length })
  response.end(answer)
}

function answerQuery(body, response) {
  const { variables } = JSON.parse(body)
  send(response, variables === undefined ? list : hot.get(variables.externalId))
}

/** A webhook: its signature is checked, and every subscriber is told. */
function takeWebhook(body, request, response) {
  const signature = createHmac('sha256', process.env.WEBHOOK_SECRET).update(body).digest('hex')
  if (signature !== request.headers['x-webhook-signature']) throw new Error('The signature is wrong.')
  send(response, received)
  for (const subscriber of subscribers) subscriber.write(`event: next\ndata: ${body}\n\n`)
}

function keepOpen(response) {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(':\n\n')
  subscribers.add(response)
  response.on('close', () => subscribers.delete(response))
}

listen(
  createServer((request, response) => {
    const chunks = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)
      if (request.url.startsWith('/webhooks/')) takeWebhook(body, request, response)
      else if (request.headers.accept === 'text/event-stream') keepOpen(response)
      else answerQuery(body, response)
    })
  }),
)
