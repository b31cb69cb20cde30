// Settings of OpenTelemetry: wrong ones are told like all others, off costs nothing, and what is not installed is said.
import { afterAll, describe, expect, it } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { killAll, startGateway } from '../support/gateway-process.ts'
import { run } from '../support/terminal.ts'

afterAll(killAll)

const LIVE = { HOST: '127.0.0.1', PORT: '0', DATA_DIR: 'memory://', KYC_PROVIDERS: 'gu1' }
const GU1 = { GU1_BASE_URL: 'http://127.0.0.1:9', GU1_API_KEY: 'gk_example' }
const otelOf = (environment: Record<string, string>) => readConfig(environment, { mode: 'sandbox' }).otel

describe('a bad setting', () => {
  it.each([
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318', 'http:// or https://'],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'grpc://127.0.0.1', 'http:// or https://'],
    ['OTEL_EXPORTER_OTLP_METRICS_ENDPOINT', '/v1/metrics', 'http:// or https://'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc', 'must be http/protobuf, the only protocol'],
    ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'http/json', 'must be http/protobuf, the only protocol'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'api-key', 'comma list of name=value'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'api-key=%zz', 'comma list of name=value'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'api%20key=c4n4ry', 'that HTTP can carry'],
    ['OTEL_EXPORTER_OTLP_TRACES_HEADERS', 'api-key=c4n4ry%0A', 'that HTTP can carry'],
    ['OTEL_EXPORTER_OTLP_TIMEOUT', '0', 'from 1 to'],
    ['OTEL_TRACES_EXPORTER', 'console', 'otlp or none'],
    ['OTEL_METRICS_EXPORTER', 'prometheus', 'otlp or none'],
    ['OTEL_TRACES_SAMPLER', 'sometimes', 'one of always_on'],
    ['OTEL_TRACES_SAMPLER_ARG', '1.5', 'from 0 to 1'],
    ['OTEL_TRACES_SAMPLER_ARG', 'half', 'from 0 to 1'],
    ['OTEL_BSP_MAX_QUEUE_SIZE', '100', 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE must not be more'],
    ['OTEL_BSP_SCHEDULE_DELAY', 'soon', 'whole number of milliseconds'],
    ['OTEL_METRIC_EXPORT_INTERVAL', '-1', 'from 1 to'],
    ['OTEL_SDK_DISABLED', 'yes', 'true or false'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'production', 'comma list of name=value'],
  ])('%s=%s is named with what is right, and not quoted', async (name, value, right) => {
    const { code, err } = await run(['serve'], { ...LIVE, ...GU1, [name]: value })
    expect(code).toBe(1)
    expect(err).toMatch(new RegExp(`^  (${name}|OTEL_BSP_MAX_EXPORT_BATCH_SIZE) `, 'm'))
    expect(err).toContain(right)
    expect(err.replace(right, '')).not.toContain(`${value} `)
  })
})

describe('what is sent', () => {
  const COLLECTOR = { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector.example/base/' }

  it('is nothing by default', () => {
    expect(otelOf({})).toMatchObject({ traces: null, metrics: null })
    expect(otelOf({ OTEL_SERVICE_NAME: 'kyc', OTEL_TRACES_SAMPLER: 'always_on' })).toMatchObject({
      traces: null,
      metrics: null,
    })
  })

  it('goes below one endpoint, or to one of its own', () => {
    expect(otelOf(COLLECTOR)).toMatchObject({
      traces: { url: 'https://collector.example/base/v1/traces' },
      metrics: { url: 'https://collector.example/base/v1/metrics' },
    })
    const own = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://traces.example/in' }
    expect(otelOf({ ...COLLECTOR, ...own })).toMatchObject({
      traces: { url: 'https://traces.example/in' },
      metrics: { url: 'https://collector.example/base/v1/metrics' },
    })
    expect(otelOf(own)).toMatchObject({ traces: { url: 'https://traces.example/in' }, metrics: null })
    expect(otelOf({ OTEL_METRICS_EXPORTER: 'otlp' })).toMatchObject({
      traces: null,
      metrics: { url: 'http://localhost:4318/v1/metrics' },
    })
  })

  it('can be switched off, one kind or all', () => {
    expect(otelOf({ ...COLLECTOR, OTEL_TRACES_EXPORTER: 'none' }).traces).toBeNull()
    expect(otelOf({ ...COLLECTOR, OTEL_TRACES_EXPORTER: 'none' }).metrics).not.toBeNull()
    expect(otelOf({ ...COLLECTOR, OTEL_SDK_DISABLED: 'TRUE' })).toMatchObject({ traces: null, metrics: null })
  })

  it('has the headers of all and of its kind', () => {
    const headers = {
      OTEL_EXPORTER_OTLP_HEADERS: 'a=1, b=two%20words',
      OTEL_EXPORTER_OTLP_METRICS_HEADERS: 'b=3,key=cGFkZGVk==',
    }
    expect(otelOf({ ...COLLECTOR, ...headers })).toMatchObject({
      traces: { headers: { a: '1', b: 'two words' } },
      metrics: { headers: { a: '1', b: '3', key: 'cGFkZGVk==' } },
    })
  })

  it('is every trace, or as many as the sampler says', () => {
    expect(otelOf(COLLECTOR).traces).toMatchObject({ sampler: 'parentbased_always_on' })
    const sampled = { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' }
    expect(otelOf({ ...COLLECTOR, ...sampled }).traces).toMatchObject({
      sampler: 'traceidratio',
      ratio: 0.25,
    })
  })
})

/** As after `npm install --omit=optional`: nobody finds the packages. `prom-client` brings the one that holds names alone. */
const NOT_INSTALLED = `--import data:text/javascript,${encodeURIComponent(`
import { registerHooks } from 'node:module'
registerHooks({ resolve(name, context, next) {
  if (!name.startsWith('@opentelemetry/') || name === '@opentelemetry/api') return next(name, context)
  throw Object.assign(new Error("Cannot find package '" + name + "'"), { code: 'ERR_MODULE_NOT_FOUND' })
} })`)}`
const SANDBOX = { PORT: '0', DATA_DIR: 'memory://', NODE_OPTIONS: NOT_INSTALLED }

describe('the packages of OpenTelemetry', () => {
  it('are loaded by nobody who has not asked for them', { timeout: 60_000 }, async () => {
    const gateway = startGateway(['sandbox'], { ...SANDBOX, OTEL_SERVICE_NAME: 'kyc' })
    await gateway.waitFor(/http:\/\/127\.0\.0\.1:\d+/)
    gateway.kill('SIGTERM')
    expect(await gateway.exit).toBe(0)
  })

  it('are missed with a code and a sentence where they are asked for', { timeout: 60_000 }, async () => {
    const gateway = startGateway(['sandbox'], {
      ...SANDBOX,
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
    })
    expect(await gateway.exit).toBe(1)
    expect(gateway.output()).toMatch(
      /^OTEL_NOT_INSTALLED: the OTEL_\* settings ask for OpenTelemetry, and its packages are not installed\. Install them/m,
    )
  })
})
