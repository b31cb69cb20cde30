// The floor: node:http alone, which reads the request and sends what lies ready. It keeps nothing and asks nobody.
import { createServer } from 'node:http'
import { customers, hotQuestions, listQuestions } from '../customers.ts'
import { listen } from './listen.mjs'
import { isWebhook, readBody, takeWebhook } from './webhook.mjs'

const list = Buffer.from(listQuestions[0].answer)
const hot = new Map(
  customers.map(({ externalId }, index) => [externalId, Buffer.from(hotQuestions[index].answer)]),
)
const subscribers = new Set()

function answerQuery(body, response) {
  const { variables } = JSON.parse(body)
  const answer = variables === undefined ? list : hot.get(variables.externalId)
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length })
  response.end(answer)
}

function tellSubscribers(body) {
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
    readBody(request, (body) => {
      if (isWebhook(request)) takeWebhook(body, { request, response }, tellSubscribers)
      else if (request.headers.accept === 'text/event-stream') keepOpen(response)
      else answerQuery(body, response)
    })
  }),
)
