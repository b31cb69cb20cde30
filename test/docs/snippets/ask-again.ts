// Asks once more where the answer says that this can help, and after as long as it says.
// prints: IN_REVIEW after 2 tries
// prints: UNKNOWN_PROVIDER after 1 try
import { setTimeout as pause } from 'node:timers/promises'
import { control, GATEWAY } from '../demo.ts'

const url = `${GATEWAY}/graphql`
const headers = {
  'content-type': 'application/json',
  authorization: 'Bearer a key of the sandbox, which asks for none',
}
let tries = 0

class Refused extends Error {
  readonly code: string
  constructor(code: string) {
    super(`The gateway answered ${code}.`)
    this.code = code
  }
}

interface Answer<Data> {
  data?: Data | null
  errors?: { extensions: { code: string; retryable: boolean; retryAfter?: number | null } }[]
}

async function ask<Data>(query: string, variables: object): Promise<Data> {
  for (let attempt = 1; ; attempt++) {
    tries = attempt
    const body = JSON.stringify({ query, variables })
    const response = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(8_000) })
    const { data, errors = [] } = (await response.json()) as Answer<Data>
    const failure = errors[0]?.extensions
    if (!failure && data) return data
    if (!failure?.retryable || attempt === 4) throw new Refused(failure?.code ?? 'INTERNAL')
    const seconds = failure.retryAfter ?? 2 ** attempt / 8
    await pause(1_000 * seconds * (1 + Math.random() / 2))
  }
}

const SYNC = `mutation Sync($by: ValidationBy!) {
  syncValidation(input: { by: $by }) { validation { status } }
}`

await control('/emulators/gu1/_emulator/fault', { kind: 'status', status: 503, times: 1 })
for (const provider of ['gu1', 'nobody']) {
  const by = { reference: { provider, reference: 'd0ba692d-98f2-4870-8190-9351744a80a5' } }
  const outcome = await ask<{ syncValidation: { validation: { status: string } } }>(SYNC, { by }).then(
    ({ syncValidation }) => syncValidation.validation.status,
    ({ code }: Refused) => code,
  )
  console.log(`${outcome} after ${tries} ${tries === 1 ? 'try' : 'tries'}`)
}
