// What the page of a customer shows for each status, and for one that is not known.
// prints: ada-example: Done.
// prints: clara-example: We are looking at it. This can take days.
// prints: diego-example: You have not begun. [Start → https://verify.example.test/s/sess_74d78c34]
// prints: mona-example: Something is missing. (The document has not been verified.) [Fix this]
// prints: olga-example: You were not accepted. (More or corrected data are needed.) [Continue]
// prints: example-cafe: It is being checked. This takes a moment. (A member of the business is not verified yet.)
// prints: yara-example: We will get in touch.
// prints: somebody of a later version: Please wait.
import { GATEWAY } from '../demo.ts'

interface Customer {
  status: string
  waitingOn: string
  retry: string
  currentValidation: {
    sessionUrl: string | null
    reasons: { message: string; customerVisible: boolean }[]
  } | null
}

const SENTENCES: Record<string, string> = {
  NOT_STARTED: 'You have not begun.',
  IN_PROGRESS: 'You are not done yet.',
  ACTION_REQUIRED: 'Something is missing.',
  PROCESSING: 'It is being checked. This takes a moment.',
  IN_REVIEW: 'We are looking at it. This can take days.',
  APPROVED: 'Done.',
  REJECTED: 'You were not accepted.',
  EXPIRED: 'The time ran out.',
  ABANDONED: 'You left before the end.',
  LAPSED: 'Your approval has run out.',
  ERRORED: 'Something went wrong on our side. Try again later.',
}

const YOUR_TURN: Record<string, string> = { NOT_STARTED: 'Start', ACTION_REQUIRED: 'Fix this' }

function draw({ status, waitingOn, retry, currentValidation }: Customer) {
  const reasons = currentValidation?.reasons.filter(({ customerVisible }) => customerVisible) ?? []
  return {
    sentence: sentenceOf(status, waitingOn),
    reasons: reasons.map(({ message }) => message),
    button: buttonOf(status, waitingOn, retry),
    // Without a link the button leads to a page of your own, where the document is taken.
    link: currentValidation?.sessionUrl ?? null,
  }
}

function sentenceOf(status: string, waitingOn: string): string {
  if (status === 'NOT_STARTED' && waitingOn === 'OPERATOR') return 'We will get in touch.'
  return SENTENCES[status] ?? 'Please wait.'
}

function buttonOf(status: string, waitingOn: string, retry: string): string | null {
  if (waitingOn === 'CUSTOMER') return YOUR_TURN[status] ?? 'Continue'
  if (waitingOn !== 'NOBODY') return null
  if (retry === 'RESUME') return 'Continue'
  if (retry === 'NEW_ATTEMPT') return 'Begin again'
  return null
}

const query = `query CustomerStatus($externalId: String!) {
  entity(by: { externalId: $externalId }) {
    status waitingOn retry currentValidation { sessionUrl reasons { message customerVisible } }
  }
}`
const people = ['ada', 'clara', 'diego', 'mona', 'olga'].map((name) => `${name}-example`)
for (const externalId of [...people, 'example-cafe', 'yara-example']) {
  const response = await fetch(`${GATEWAY}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables: { externalId } }),
  })
  const { data } = (await response.json()) as { data: { entity: Customer } }
  print(externalId, draw(data.entity))
}
const later = { status: 'NEVER_HEARD_OF', waitingOn: 'SOMEBODY', retry: 'SOMEHOW', currentValidation: null }
print('somebody of a later version', draw(later))

function print(who: string, { sentence, reasons, button, link }: ReturnType<typeof draw>): void {
  const why = reasons.length > 0 ? ` (${reasons.join(' ')})` : ''
  const target = link === null ? '' : ` → ${link}`
  console.log(`${who}: ${sentence}${why}${button === null ? '' : ` [${button}${target}]`}`)
}
