// Personal data of one validation, asked for only when somebody presses the button: each look is in the audit log.
import { useState } from 'react'
import { useClient } from 'urql'
import { sentenceOfError } from './client.ts'
import { PersonalDataDocument, type PersonalDataQuery } from './generated.ts'
import { Icon } from './icons.tsx'
import { useSession } from './session.tsx'

type Data = NonNullable<PersonalDataQuery['validation']>

const FIELDS = {
  fullName: 'Name',
  firstName: 'First names',
  lastName: 'Family names',
  dateOfBirth: 'Date of birth',
  nationality: 'Nationality',
  documentType: 'Document',
  documentNumber: 'Document number',
  issuingCountry: 'Issued by',
  expirationDate: 'Valid until',
  address: 'Address',
} as const satisfies Record<keyof NonNullable<Data['extractedData']>, string>

export function PersonalData({ id }: { id: string }) {
  const { has } = useSession()
  const client = useClient()
  const [data, setData] = useState<Data | null>(null)
  const [isAsking, setIsAsking] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  if (!has('kyc:pii'))
    return (
      <p className="faint hint">
        <Icon name="lock" size={13} /> Personal data and session links need the scope <code>kyc:pii</code>.
      </p>
    )
  async function toggle() {
    setProblem(null)
    if (data) return setData(null)
    // A second press is not a second look.
    if (isAsking) return
    setIsAsking(true)
    const answer = await client.query(PersonalDataDocument, { id }).toPromise()
    setIsAsking(false)
    const found = answer.data?.validation ?? null
    if (answer.error) setProblem(sentenceOfError(answer.error))
    else if (!found) setProblem('There is no such validation any more.')
    setData(found)
  }
  return (
    <div className="personal">
      {/* There before what it says, so that a screen reader tells it. */}
      <div role="status">{data && <Known data={data} />}</div>
      <div className="actions">
        <button type="button" aria-expanded={data !== null} aria-busy={isAsking} onClick={toggle}>
          <Icon name="eye" /> {data ? 'Hide personal data' : 'Show personal data'}
        </button>
        <small className="faint">Each look is in the audit log.</small>
      </div>
      {problem && (
        <p className="note note-bad" role="alert">
          {problem}
        </p>
      )}
    </div>
  )
}

function Known({ data: { extractedData, sessionUrl } }: { data: Data }) {
  const rows = Object.entries(FIELDS).flatMap(([field, name]) => {
    const value = extractedData?.[field as keyof typeof FIELDS] ?? null
    return value === null ? [] : [{ field, name, value }]
  })
  if (rows.length === 0 && sessionUrl === null)
    return <p className="faint">The provider has read no personal data, and gives no link.</p>
  return (
    <dl className="facts">
      {rows.map(({ field, name, value }) => (
        <div key={field}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
      {sessionUrl !== null && (
        <div>
          <dt>Session, for this customer only</dt>
          <dd>
            <a href={sessionUrl} rel="noreferrer" target="_blank">
              {sessionUrl}
            </a>
          </dd>
        </div>
      )}
    </dl>
  )
}
