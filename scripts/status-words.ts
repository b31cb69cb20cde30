// The printed part of docs/status.md: which words of the providers become which status.
import { KYC_STATUSES } from '../src/domain/status.ts'
import { PROVIDERS } from '../src/providers/index.ts'
import { code, table, text } from './markdown.ts'

export function renderStatusWords(): string {
  const rows = KYC_STATUSES.map((status) => [
    code(status),
    ...PROVIDERS.map(({ statuses }) => {
      const words = Object.keys(statuses).filter((word) => statuses[word]?.status === status)
      return words.map(text).join(', ')
    }),
  ])
  return table(
    ['Status', ...PROVIDERS.map(({ name }) => text(name))],
    rows.filter(([, ...words]) => words.some((word) => word !== '')),
  )
}
