// What traces may say: the names of spans and of their attributes. docs/generated/telemetry.md is printed from it, and what is
// not in it is not sent.

export interface SpanRow {
  kind: 'server' | 'client' | 'consumer' | 'producer'
  /** One sentence for docs/generated/telemetry.md. */
  meaning: string
}

export const SPANS = {
  'POST /graphql': {
    kind: 'server',
    meaning:
      'A request to /graphql, to its answer; of an event stream to its beginning. What was kept (kyc.way) has one only in the trace of a caller who names one.',
  },
  'GET /graphql': { kind: 'server', meaning: 'The same, asked in the address.' },
  'WebSocket /graphql': {
    kind: 'server',
    meaning: 'An operation on a WebSocket, to its answer; of a subscription to its beginning.',
  },
  'POST /webhooks/*': {
    kind: 'server',
    meaning:
      'A webhook, to its answer: by then it is stored, with its place in the trace. That begins here, with a link to what its sender names.',
  },
  'process webhook': {
    kind: 'consumer',
    meaning:
      'The work on stored webhooks about one validation, on whichever instance. It belongs to the trace of the first of them, and links to those of the others.',
  },
  'call provider': {
    kind: 'client',
    meaning:
      'One call to a provider, to the end of its answer or to its failure. Each repetition is one. Several who wait for the same call find it in the trace of the first.',
  },
  'subscription event': {
    kind: 'producer',
    meaning:
      'A change made into the event that subscribers get, in the trace of what made the change, however much later it is read. Those who asked in the same words and may see the same share one; it links to the request of the subscription it was made for.',
  },
} as const satisfies Record<string, SpanRow>

export type SpanName = keyof typeof SPANS

export interface AttributeRow {
  type: 'text' | 'number'
  /** Of a text: what it must be to be sent. */
  form?: RegExp
  /** One sentence for docs/generated/telemetry.md. */
  meaning: string
}

/** A word of ours, such as a code or an id of a provider. */
const WORD = /^[A-Za-z][\w./*-]{0,63}$/

export const ATTRIBUTES = {
  'http.request.method': { type: 'text', form: WORD, meaning: 'GET or POST.' },
  'http.route': {
    type: 'text',
    form: /^\/[a-z*/]{1,30}$/,
    meaning: 'The route, never the path, which may hold a secret.',
  },
  'http.response.status_code': {
    type: 'number',
    meaning: 'The status of the answer; of a call, that of the provider.',
  },
  'graphql.operation.type': { type: 'text', form: WORD, meaning: 'query, mutation or subscription.' },
  'graphql.operation.name': {
    type: 'text',
    form: /^[_A-Za-z]\w{0,63}$/,
    meaning:
      'The name that the document gives the operation, where it was accepted and is not longer than 64 characters.',
  },
  'error.type': {
    type: 'text',
    form: WORD,
    meaning: 'The code of the first error of the answer, of a failed delivery, or what became of a call.',
  },
  'kyc.error.count': { type: 'number', meaning: 'How many errors the answer has.' },
  'kyc.way': {
    type: 'text',
    form: WORD,
    meaning: '`kept`, `short` or `long`, as in `kyc_graphql_requests_total`; `socket` on a WebSocket.',
  },
  'kyc.request_id': {
    type: 'text',
    form: /^[\w.-]{1,128}$/,
    meaning: 'That of `x-request-id`, as in the log.',
  },
  'kyc.provider': { type: 'text', form: WORD, meaning: 'The id of a provider of this gateway.' },
  'kyc.outcome': {
    type: 'text',
    form: WORD,
    meaning: 'What became of a call or of a webhook, as in the metrics.',
  },
  'kyc.attempt': { type: 'number', meaning: 'Of a call 1, of its first repetition 2.' },
  'kyc.deliveries': { type: 'number', meaning: 'How many stored webhooks were worked on together.' },
  'kyc.subscribers': { type: 'number', meaning: 'How many subscriptions share the event.' },
  'kyc.db.statements': { type: 'number', meaning: 'Statements that were waited for in the span.' },
  'kyc.db.seconds': {
    type: 'number',
    meaning: 'Seconds that they took together. No statement is shown, and none of its values.',
  },
} as const satisfies Record<string, AttributeRow>

export type AttributeName = keyof typeof ATTRIBUTES
export type Attributes = { [Name in AttributeName]?: string | number | null }
