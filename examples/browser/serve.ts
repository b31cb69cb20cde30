// Serves the page, on an origin of its own.
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

const PAGE = join(import.meta.dirname, 'index.html')

const server = createServer(async (_request, response) => {
  response.setHeader('content-type', 'text/html; charset=utf-8')
  response.end(await readFile(PAGE))
})
server.listen(Number(process.env.PORT ?? 8080), 'localhost', () => {
  console.log(`Open http://localhost:${(server.address() as AddressInfo).port}/?customer=kira-example`)
})
