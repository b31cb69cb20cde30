// Which check came out how at which provider.
import type { DetailsFragment } from './generated.ts'
import type { Run } from './runs.ts'
import { Badge } from './status.tsx'
import { CHECK_WORDS, RESULT_WORDS, toneOf, wordOf } from './words.ts'

type Check = DetailsFragment['verifications'][number]

/** `runs`: of each provider the validation that counts. */
export function Matrix({ runs }: { runs: readonly Run[] }) {
  const kinds = [
    ...new Set(runs.flatMap(({ details }) => details?.verifications.map(({ kind }) => kind) ?? [])),
  ]
  if (kinds.length === 0) return null
  return (
    <section className="card block" aria-labelledby="checks">
      <h2 id="checks">Checks</h2>
      <table className="cards matrix">
        <caption className="visually-hidden">Result of each check at each provider</caption>
        <thead>
          <tr>
            <th scope="col">Check</th>
            {runs.map(({ id, provider }) => (
              <th key={id} scope="col">
                {provider.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {kinds.toSorted(byWord).map((kind) => (
            <tr key={kind}>
              <th scope="row">{wordOf(CHECK_WORDS, kind)}</th>
              {runs.map(({ id, provider, details }) => (
                <td key={id} data-label={provider.name}>
                  <Cell checks={details?.verifications.filter((one) => one.kind === kind) ?? null} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function byWord(one: Check['kind'], other: Check['kind']): number {
  return wordOf(CHECK_WORDS, one).localeCompare(wordOf(CHECK_WORDS, other), 'en')
}

function Cell({ checks }: { checks: readonly Check[] | null }) {
  if (checks === null) return <span className="faint">could not be read</span>
  if (checks.length === 0) return <span className="faint">not checked</span>
  return checks.map(({ id, result, providerKind, providerResult, reasons }) => (
    <div key={id} className="cell">
      <Badge word={toneOf(RESULT_WORDS, result)} />
      <small className="faint">
        <code>{providerKind}</code>
        {providerResult !== null && (
          <>
            {' '}
            says <code>{providerResult}</code>
          </>
        )}
      </small>
      {reasons.map(({ code, providerCode, message }) => (
        <small key={`${code} ${providerCode}`}>
          {message} <code className="faint">{providerCode}</code>
        </small>
      ))}
    </div>
  ))
}
