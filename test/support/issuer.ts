// An issuer of tokens on loopback: keys by jose, a key set over HTTP, and every way in which it can misbehave.
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose'

export interface SigningKey {
  kid: string
  alg: string
  privateKey: CryptoKey
  jwk: JWK
}

export async function makeKey(kid: string, alg = 'ES256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid } }
}

export function keySet(...keys: readonly SigningKey[]): string {
  return JSON.stringify({ keys: keys.map(({ jwk }) => jwk) })
}

/** Signed as it is; `header` goes over what belongs there. */
export function signToken(key: SigningKey, payload: JWTPayload, header = {}): Promise<string> {
  return new SignJWT(payload)
    .setProtectedHeader({ alg: key.alg, kid: key.kid, ...header })
    .sign(key.privateKey)
}

export interface Issuer {
  url: string
  /** How often it was asked. */
  asked(): number
  publish(...keys: readonly SigningKey[]): void
  /** Answers like this from now on. */
  answer(listener: RequestListener): void
  close(): Promise<void>
}

export async function startIssuer(...keys: readonly SigningKey[]): Promise<Issuer> {
  let asked = 0
  let listener: RequestListener = serve(keys)
  const server = createServer((request, response) => {
    asked += 1
    listener(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`,
    asked: () => asked,
    publish(...next) {
      listener = serve(next)
    },
    answer(next) {
      listener = next
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function serve(keys: readonly SigningKey[]): RequestListener {
  return (_request, response) => void response.end(keySet(...keys))
}
