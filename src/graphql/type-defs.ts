// The SDL of schema/, the source of truth.
import { readdirSync, readFileSync } from 'node:fs'

const DIRECTORY = new URL('../../schema/', import.meta.url)

export function readTypeDefs(): string {
  const files = readdirSync(DIRECTORY).filter((name) => name.endsWith('.graphql'))
  return files
    .sort()
    .map((name) => readFileSync(new URL(name, DIRECTORY), 'utf8'))
    .join('\n')
}
