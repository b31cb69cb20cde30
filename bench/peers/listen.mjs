// How a peer begins and ends: any free port, told to its parent, and no longer than that one lives.

/** `server`: of node:http, not listening yet. */
export function listen(server) {
  server.listen(0, '127.0.0.1', () => tell(server.address().port))
}

export function tell(port) {
  process.send({ port })
  process.on('disconnect', () => process.exit())
}
