// What probes and scrapers are answered.
import { json } from './answers.ts'
import type { RouteOptions, RouteState } from './routes.ts'

const READY_TIMEOUT_MS = 2_000

export async function readiness(ready: () => Promise<boolean>, { draining }: RouteState): Promise<Response> {
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

export async function printMetrics(metrics: NonNullable<RouteOptions['metrics']>): Promise<Response> {
  const { contentType, body } = await metrics()
  return new Response(body, { headers: { 'content-type': contentType } })
}
