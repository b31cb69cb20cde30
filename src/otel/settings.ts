// The standard names of OpenTelemetry that this gateway obeys, and what is right for each.
import { validateHeaderName, validateHeaderValue } from 'node:http'
import { z } from 'zod'
import { text, wholeNumber } from '../setting-forms.ts'
import type { GatewaySetting } from '../settings.ts'

const endpoint = z.url({ protocol: /^https?$/, error: 'must be a URL that begins with http:// or https://' })

/** Nothing else is installed, and nothing else is needed: every collector takes it. */
const protocol = z.enum(['http/protobuf'], {
  error: 'must be http/protobuf, the only protocol that this gateway speaks',
})

const exporter = z.enum(['otlp', 'none'], { error: 'must be otlp or none' })

const milliseconds = wholeNumber({ unit: 'of milliseconds', min: 1, max: 86_400_000 })

const PAIRS_ERROR = 'must be a comma list of name=value, in which a comma or = within a value is %2C or %3D'

/** `a=1,b=2`, percent-encoded. */
const pairs = z.string().transform((value, context): Record<string, string> => {
  const parts = value.split(',').filter((part) => part.trim() !== '')
  try {
    return Object.fromEntries(
      parts.map((part) => {
        const [name = '', content, ...rest] = part.split('=').map((half) => decodeURIComponent(half.trim()))
        if (name === '' || content === undefined || rest.some((piece) => piece !== ''))
          throw new TypeError(PAIRS_ERROR)
        // Keys of collectors are often base64, whose padding nobody encodes.
        return [name, [content, ...rest].join('=')]
      }),
    )
  } catch {
    context.addIssue({ code: 'custom', message: PAIRS_ERROR })
    return z.NEVER
  }
})

/** What cannot be sent would be lost at each sending, and nobody would know why. */
const headers = pairs.refine(areHeaders, {
  error: 'must be a comma list of name=value, with names and values that HTTP can carry',
})

function areHeaders(given: Record<string, string>): boolean {
  try {
    for (const [name, value] of Object.entries(given)) {
      validateHeaderName(name)
      validateHeaderValue(name, value)
    }
    return true
  } catch {
    return false
  }
}

export const SAMPLER_NAMES = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const
export type SamplerName = (typeof SAMPLER_NAMES)[number]

const RATIO_ERROR = 'must be a number from 0 to 1'

export const OTEL_SETTINGS = {
  OTEL_SDK_DISABLED: {
    schema: z
      .string()
      .toLowerCase()
      .pipe(z.enum(['true', 'false'], { error: 'must be true or false' })),
    description: 'true: no traces are made and no metrics are sent, whatever else is set.',
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    schema: endpoint,
    description:
      'The collector, for example http://localhost:4318, which gets traces at /v1/traces and metrics at /v1/metrics. Absent, and none of the two below: nothing is sent, and nothing of OpenTelemetry is loaded.',
  },
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: {
    schema: endpoint,
    description: 'Where traces go, the whole address.',
  },
  OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: {
    schema: endpoint,
    description: 'Where metrics go, the whole address.',
  },
  OTEL_EXPORTER_OTLP_HEADERS: {
    schema: headers,
    description: 'Headers of what is sent, such as api-key=…, a comma list; values are percent-encoded.',
    secret: true,
  },
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: {
    schema: headers,
    description: 'Further ones for traces.',
    secret: true,
  },
  OTEL_EXPORTER_OTLP_METRICS_HEADERS: {
    schema: headers,
    description: 'Further ones for metrics.',
    secret: true,
  },
  OTEL_EXPORTER_OTLP_PROTOCOL: { schema: protocol, description: 'http/protobuf; no other is spoken.' },
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: { schema: protocol, description: 'The same for traces.' },
  OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: { schema: protocol, description: 'The same for metrics.' },
  OTEL_EXPORTER_OTLP_TIMEOUT: {
    schema: milliseconds,
    description:
      'Milliseconds for one sending with its repetitions. Less than the standard 10000, since stopping waits for it.',
    default: '3000',
  },
  OTEL_TRACES_EXPORTER: {
    schema: exporter,
    description:
      'none: no traces. otlp: to the endpoint, http://localhost:4318 where none is set. Absent: otlp where an endpoint is set.',
  },
  OTEL_METRICS_EXPORTER: {
    schema: exporter,
    description: 'The same for metrics.',
  },
  OTEL_TRACES_SAMPLER: {
    schema: z.enum(SAMPLER_NAMES, { error: `must be one of ${SAMPLER_NAMES.join(', ')}` }),
    description: `Which traces are recorded: ${SAMPLER_NAMES.join(', ')}. Those that begin with parentbased obey what the caller's \`traceparent\` says.`,
    default: 'parentbased_always_on',
  },
  OTEL_TRACES_SAMPLER_ARG: {
    schema: z.coerce.number({ error: RATIO_ERROR }).min(0, RATIO_ERROR).max(1, RATIO_ERROR),
    description: 'For the samplers with a ratio: the share of traces that is recorded, from 0 to 1.',
    default: '1',
  },
  OTEL_BSP_SCHEDULE_DELAY: {
    schema: milliseconds,
    description: 'Milliseconds between two sendings of spans.',
    default: '5000',
  },
  OTEL_BSP_EXPORT_TIMEOUT: {
    schema: milliseconds,
    description: 'Milliseconds after which a sending of spans is given up.',
    default: '30000',
  },
  OTEL_BSP_MAX_QUEUE_SIZE: {
    schema: wholeNumber({ unit: 'of spans', min: 1, max: 1_000_000 }),
    description: 'Spans that may wait to be sent; further ones are dropped.',
    default: '8192',
  },
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: {
    schema: wholeNumber({ unit: 'of spans', min: 1, max: 1_000_000 }),
    description: 'Spans in one sending. At most as many as may wait.',
    default: '512',
  },
  OTEL_METRIC_EXPORT_INTERVAL: {
    schema: milliseconds,
    description: 'Milliseconds between two sendings of metrics.',
    default: '60000',
  },
  OTEL_METRIC_EXPORT_TIMEOUT: {
    schema: milliseconds,
    description: 'Milliseconds after which a sending of metrics is given up; at most the interval.',
    default: '30000',
  },
  OTEL_SERVICE_NAME: {
    schema: text,
    description:
      'The name under which the gateway is seen, `service.name`. Absent: that of OTEL_RESOURCE_ATTRIBUTES, or kyc-gateway.',
  },
  OTEL_RESOURCE_ATTRIBUTES: {
    schema: pairs,
    description:
      'What else is said of this instance, such as deployment.environment.name=production, a comma list; values are percent-encoded.',
  },
} as const satisfies Record<string, GatewaySetting>

export type OtelName = keyof typeof OTEL_SETTINGS
