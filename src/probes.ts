// What a supervisor and a scraper are told.
import { json } from './answers.ts'

const READY_TIMEOUT_MS = 2_000

export async function readiness(
  ready: () => Promise<boolean>,
  { draining }: { draining: boolean },
): Promise<Response> {
  const timeout = Promise.withResolvers<boolean>()
  const timer = setTimeout(timeout.resolve, READY_TIMEOUT_MS, false)
  const database = await Promise.race([ready().catch(() => false), timeout.promise])
  clearTimeout(timer)
  const isReady = database && !draining
  return json(isReady ? 200 : 503, {
    status: isReady ? 'ok' : 'unavailable',
    checks: { database: database ? 'ok' : 'failing', draining },
  })
}

export async function printMetrics(
  metrics: () => Promise<{ contentType: string; body: string }>,
): Promise<Response> {
  const { contentType, body } = await metrics()
  return new Response(body, { headers: { 'content-type': contentType } })
}
