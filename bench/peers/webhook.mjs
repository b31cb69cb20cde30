// A webhook as a peer takes it: the signature is checked, and nothing is kept.
import { createHmac } from 'node:crypto'

const received = Buffer.from('{}')

export function isWebhook({ url }) {
  return url.startsWith('/webhooks/')
}

/** Answers it, and then passes its body on. */
export function takeWebhook(body, { request, response }, tell) {
  const signature = createHmac('sha256', process.env.WEBHOOK_SECRET).update(body).digest('hex')
  if (signature !== request.headers['x-webhook-signature']) throw new Error('The signature is wrong.')
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': received.length })
  response.end(received)
  tell(body)
}

export function readBody(request, use) {
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => use(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)))
}
