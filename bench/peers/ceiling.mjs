// The least a server can do: some bytes for each piece that comes. How fast the generator is, is measured on it.
import { createServer } from 'node:net'
import { listen } from './listen.mjs'

const answer = Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}')
listen(createServer((socket) => socket.on('data', () => socket.write(answer)).on('error', () => {})))
