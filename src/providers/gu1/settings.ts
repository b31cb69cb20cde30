// What must be configured to reach gu1.
import { z } from 'zod'
import type { Setting } from '../provider.ts'
import { APPROVAL_VALIDITY_DAYS } from './validity.ts'

const baseUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
  .refine((url) => !/[?#@]/.test(url), 'must have no user, query or fragment')
  .transform((url) => url.replace(/\/+$/, ''))
  .refine((url) => !url.endsWith('/api'), 'must come without /api')

/** Opaque: gu1 has changed the form of its keys before. Only what cannot stand in a header is refused. */
const apiKey = z
  .string()
  .trim()
  .regex(/^[\x21-\x7e]+$/, 'must be the key exactly as gu1 shows it')

const secrets = z
  .string()
  .transform((list) =>
    list
      .split(',')
      .map((secret) => secret.trim())
      .filter(Boolean),
  )
  .refine((list) => list.length > 0, 'must hold at least one secret')

const validityDays = z.coerce
  .number({ error: 'must be a whole number of days' })
  .int('must be a whole number of days')
  .min(1, 'must be at least 1')
  .max(3650, 'must be at most 3650')

export const settings: Record<string, Setting> = {
  GU1_BASE_URL: {
    schema: baseUrl,
    description: 'Address of the gu1 API without /api, for example https://api.gu1.ai',
  },
  GU1_API_KEY: {
    schema: apiKey,
    description: 'Key from the gu1 dashboard. It also decides between sandbox and production.',
    secret: true,
    reload: true,
  },
  GU1_WEBHOOK_SECRET: {
    schema: secrets.optional(),
    description: 'Secret of the gu1 webhook; several, separated by commas, while it is being changed.',
    secret: true,
    reload: true,
  },
  GU1_APPROVAL_VALIDITY_DAYS: {
    schema: validityDays.default(APPROVAL_VALIDITY_DAYS),
    description: 'Days that an approval holds where gu1 does not say, 1 to 3650. Default 365.',
    reload: true,
  },
}

export interface ReadSettings {
  baseUrl: string
  apiKey: string
  validityDays: number
}

const READ = z.object({
  GU1_BASE_URL: baseUrl,
  GU1_API_KEY: apiKey,
  GU1_APPROVAL_VALIDITY_DAYS: validityDays.default(APPROVAL_VALIDITY_DAYS),
})

/** The settings that reading needs. They were parsed before: parsing again changes nothing and gives them types. */
export function readSettings(parsed: Record<string, unknown>): ReadSettings {
  const known = READ.parse(parsed)
  return {
    baseUrl: known.GU1_BASE_URL,
    apiKey: known.GU1_API_KEY,
    validityDays: known.GU1_APPROVAL_VALIDITY_DAYS,
  }
}
