// Whom we talk to over TLS: a certificate that nobody vouches for is refused before anything is sent.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Agent, request } from 'undici'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createHttpClient } from './http.ts'

/** A key and a certificate that vouches for itself, made for this run and thrown away. */
function makeCertificate() {
  const folder = mkdtempSync(join(tmpdir(), 'kyc-gateway-tls-'))
  const [keyFile, certificateFile] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  try {
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    const subject = ['-days', '1', '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
    const files = ['-keyout', keyFile, '-out', certificateFile]
    execFileSync('openssl', ['req', '-x509', ...curve, ...subject, ...files], { stdio: 'ignore' })
    return { key: readFileSync(keyFile), cert: readFileSync(certificateFile) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const requests: string[] = []
const { key, cert } = makeCertificate()
let server: Server
let url = ''
beforeAll(async () => {
  server = createServer({ key, cert }, (incoming, response) => {
    requests.push(incoming.headers.authorization ?? '')
    response.end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})
beforeEach(() => {
  requests.length = 0
})

const send = async () => {
  const http = createHttpClient('gu1')
  onTestFinished(() => http.close())
  return http.send({ method: 'GET', url, headers: { authorization: 'Bearer key' } })
}

describe('a certificate that nobody vouches for', () => {
  it('is one that works where it is trusted', async () => {
    const dispatcher = new Agent({ connect: { ca: cert } })
    onTestFinished(() => dispatcher.destroy())
    expect((await request(url, { dispatcher })).statusCode).toBe(200)
  })

  it('is refused, and the key is not sent', async () => {
    await expect(send()).rejects.toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
      cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    })
    expect(requests).toEqual([])
  })

  it('is refused also where the environment says that certificates do not matter', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    onTestFinished(() => void vi.unstubAllEnvs())
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue()
    onTestFinished(() => warn.mockRestore())
    const careless = new Agent()
    onTestFinished(() => careless.destroy())
    expect((await request(url, { dispatcher: careless })).statusCode).toBe(200)
    await expect(send()).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' })
    expect(requests).toHaveLength(1)
  })
})
