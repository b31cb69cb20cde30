// The contract every provider folder fulfils: a definition that is data, and a stateless reader of one API.
import type { z } from 'zod'
import type { EntitySummary, Observation } from '../domain/observation.ts'
import type { ReasonCode, ReasonPolarity } from '../domain/reason.ts'
import type { StatusFacts } from '../domain/status.ts'
import type { UpstreamPolicy, UpstreamView } from '../domain/upstream.ts'
import type { VerificationKind } from '../domain/verification.ts'
import type { HttpClient } from './http.ts'

export const PROVIDER_CAPABILITIES = [
  'READ_CURRENT',
  'ENTITY_SUMMARY',
  'SYNC',
  'BUSINESS_MEMBERS',
  'EXTRACTED_DATA',
] as const
export type ProviderCapability = (typeof PROVIDER_CAPABILITIES)[number]

/** One row of a provider's status table. */
export interface StatusRow extends StatusFacts {
  /**
   * True where a list row alone cannot tell the status: the full record may refine it (for example "review" into
   * "the customer must upload a document").
   */
  refinedByDetail?: boolean
  /** What the word means at the provider; printed in the generated docs. */
  meaning: string
}

export interface ReasonRow {
  code: ReasonCode
  polarity: ReasonPolarity
}

/** What the provider needs to be reached. Keys are environment names; the description is printed in docs and errors. */
export interface Setting {
  schema: z.ZodType<unknown>
  description: string
  secret?: boolean
  /** True: a gateway that runs takes up another value when it is told to read its settings again. */
  reload?: boolean
}
export type Settings = Record<string, unknown>

/** How a provider proves that a delivery is its own. Verified in one place, `signature.ts`, and closed by default. */
export type SignatureScheme =
  /** HMAC-SHA256 over the raw body, in hex of either letter case, in a header. `prefix` may stand before it. */
  | { kind: 'HMAC_SHA256'; header: string; prefix: string }
  /** Unsigned by contract: the last part of the path is a secret. */
  | { kind: 'PATH_SECRET' }

export interface WebhookDefinition {
  scheme: SignatureScheme
  /** The setting that holds the secrets, a list of texts. While it is absent every delivery is refused. */
  secretSetting: string
  /** The event types that are about a validation, with what they mean; printed in the generated docs. */
  events: Record<string, string>
  /** Reads the parsed body of a delivery. Pure; never throws; null: it is not in the contract. */
  read(body: unknown): WebhookEvent | null
}

/** What a delivery says. It is a hint: the validation is read at the provider before anything changes. */
export interface WebhookEvent {
  /** The provider's word, verbatim. */
  type: string
  /** The same for every delivery of one event, and for no other event; null: the digest of the body stands in. */
  key: string | null
  /** What to read again, in canonical form; null: the event is about something else and is ignored. */
  validation: ValidationHint | null
}

export interface ValidationHint {
  reference: string
  /** Null where the delivery does not say. */
  account: string | null
}

/** When an open validation is looked at again where no webhook has told of a change. */
export interface RecheckPace {
  /** The usual time that the provider takes; after it the pauses grow. */
  afterSeconds: number
  /** At most so many reads per minute, over all replicas. */
  perMinute: number
}

export interface ProviderDefinition {
  /** Folder name, id in the API, and (upper case) the prefix of its environment names. */
  id: string
  name: string
  /** Where the facts come from. */
  docs: string
  capabilities: readonly ProviderCapability[]
  /** True where one validation can be read only together with its account. */
  needsAccount: boolean
  /** Keyed by full environment name, for example `GU1_API_KEY`. */
  settings: Record<string, Setting>
  /**
   * Checks that span several settings; returns one sentence per problem, each beginning with the variable. A setting
   * that is wrong by itself is absent here.
   */
  checkSettings?(settings: Settings): string[]
  /** The whole vocabulary. Keys in lower case. */
  statuses: Record<string, StatusRow>
  reasons: Record<string, ReasonRow>
  checks: Record<string, VerificationKind>
  /** Null: the provider sends none. */
  webhooks: WebhookDefinition | null
  recheck: RecheckPace
  /** One spelling per account and per validation id, so that the same one is never stored twice. */
  canonicalAccount(reference: string): string
  canonicalReference(reference: string): string
  create(deps: ProviderDeps): Provider
  /** A stateful imitation of the provider's API for the sandbox and the tests. */
  createEmulator(options: EmulatorOptions): Emulator
  /** Settings with which `create` reaches an emulator that listens at `origin` (no trailing slash). */
  sandboxSettings(origin: string): Record<string, string>
  /** Laid over `sandboxSettings`, they make credentials that the emulator refuses. */
  badSettings: Record<string, string>
  /** True where a 401 makes it fetch a new access token and repeat the read once. */
  renewsToken?: boolean
  /** Known departures from the conformance list: check id and reason. The suite proves that they are true. */
  deviations: Record<string, string>
}

export interface ProviderDeps {
  /** Parsed by `settings`. */
  settings: Settings
  http: HttpClient
  now(): Date
  /** A fresh random id (UUID). */
  newId(): string
}

export interface CallOptions {
  signal?: AbortSignal | undefined
}

export interface ValidationReference {
  reference: string
  account: string | null
}

/**
 * Reads one provider. Every method throws `GatewayError` with one of the PROVIDER_ codes or UNEXPECTED_RESPONSE,
 * never anything else, and answers null for what the provider does not know.
 */
export interface Provider {
  readValidation(ref: ValidationReference, options?: CallOptions): Promise<Observation | null>
  /** All validations of an account, newest first, to the last page; null: the provider does not know the account. */
  listValidations(account: string, options?: CallOptions): Promise<Observation[] | null>
  /** READ_CURRENT. Null: the account has no current validation, or is not known. */
  readCurrent?(account: string, options?: CallOptions): Promise<Observation | null>
  /** ENTITY_SUMMARY. Null: the provider does not know the account. */
  readSummary?(account: string, options?: CallOptions): Promise<EntitySummary | null>
  /** SYNC: makes the provider ask its own sources again. */
  sync?(ref: ValidationReference, options: CallOptions & { force: boolean }): Promise<Observation | null>
  /** A cheap authenticated call that proves address and credentials; throws what is wrong. */
  check(options?: CallOptions): Promise<void>
}

/** What stands between the gateway and the provider's API: the policy under which it is called. */
export interface UpstreamGuard {
  policy: UpstreamPolicy
  /** Runs one question, which may take several calls, within the time that the policy gives it. */
  run<T>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T>
  /** True where no call was made: the error says nothing new of the provider. */
  wasHeldBack(error: unknown): boolean
  /** How calls go at this moment. */
  view(): UpstreamView
}

export interface EmulatorOptions {
  now(): Date
  /** Starts with the demo entities. */
  demo?: boolean
  /** Where its webhooks go; absent: it sends none before a control call names a place. */
  webhook?: WebhookTarget
  /** Sends one webhook. Absent: over HTTP. */
  send?(request: Request): Promise<Response>
}

/** What an operator enters in the provider's dashboard. */
export interface WebhookTarget {
  url: string
  secret: string
}

/** One demo entity, as the sandbox registers it. Every person and business in it is invented. */
export interface DemoEntity {
  externalId: string
  kind: 'PERSON' | 'BUSINESS'
  account: string
}

export interface RecordedRequest {
  method: string
  /** Path and query, without the mount prefix. */
  path: string
  status: number
}

export interface Emulator {
  /** Answers the provider's API, and the control calls below `/_emulator`. */
  fetch(request: Request): Promise<Response>
  /** Calls to the provider's API in order of arrival; control calls are not in it. */
  requests: readonly RecordedRequest[]
  demo: readonly DemoEntity[]
  /** Lets happen what the clock has brought about, and sends the webhooks of it. Resolves when all were answered. */
  settle(): Promise<void>
}
