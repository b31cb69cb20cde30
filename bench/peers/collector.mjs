// A collector that takes everything and keeps nothing. Asked, it says how much it got since it was last asked.
import { createServer } from 'node:http'
import { listen } from './listen.mjs'

let got = { sendings: 0, bytes: 0 }

listen(
  createServer((request, response) => {
    request.on('data', (chunk) => {
      got.bytes += chunk.length
    })
    request.on('end', () => {
      got.sendings += 1
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
    })
  }),
)
process.on('message', () => {
  process.send?.(got)
  got = { sendings: 0, bytes: 0 }
})
