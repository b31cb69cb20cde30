// Dockerfile and compose.yml as they are, and what is said of them where they are not as they have to be.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkCompose, checkDockerfile } from '../../scripts/deploy/checks.ts'

const ROOT = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const DOCKERFILE = read('Dockerfile')
const COMPOSE = read('compose.yml')

function problemsOf(dockerfile: string, dockerignore = read('.dockerignore')): string[] {
  const { node } = JSON.parse(read('package.json')).devDependencies
  return checkDockerfile({ dockerfile, dockerignore, node, exists: (path) => existsSync(join(ROOT, path)) })
}

/** Exactly one place, so that a change of the file is noticed here. */
function replaced(text: string, what: string, by: string): string {
  expect(text.split(what)).toHaveLength(2)
  return text.replace(what, by)
}

describe('the Dockerfile', () => {
  it('is as it has to be', () => {
    expect(problemsOf(DOCKERFILE)).toEqual([])
  })

  it.each([
    ['EXPOSE 4000', 'USER root', 'USER is not the number of a user and a group that are not root.'],
    ['STOPSIGNAL SIGTERM', '', 'The image has no STOPSIGNAL.'],
    ['EXPOSE 4000', 'RUN true', 'The last stage runs something.'],
    ['CMD ["serve"]', 'CMD serve', 'CMD needs a shell.'],
    ['EXPOSE 4000', 'EXPOSE 4000\nENV GU1_API_KEY=x', 'The image has GU1_API_KEY in it.'],
    ['EXPOSE 4000', 'EXPOSE 4000\nENV DATADIR=x', 'There is no setting DATADIR.'],
    ['COPY . .', 'COPY sources .', 'COPY sources: there is no such file.'],
    ['COPY . .', 'COPY docs .', 'COPY docs: .dockerignore leaves it out.'],
    ['COPY --from=packages /app ./', 'COPY --from=package /app ./', 'There is no stage package before.'],
    [
      'ARG BASE=node:24.21.0-',
      'ARG BASE=node:24-',
      expect.stringMatching(/^Stage build is made of node:24-/),
    ],
  ])('is refused with %j as %j', (what, by, problem) => {
    expect(problemsOf(replaced(DOCKERFILE, what, by))).toContainEqual(problem)
  })

  it('is refused where a build sees what it must not, or does not see what it needs', () => {
    expect(problemsOf(DOCKERFILE, '# all\n')).toContain('.dockerignore lets .env through.')
    expect(problemsOf(DOCKERFILE, '*')).toContain('.dockerignore leaves out src, which the build needs.')
  })
})

describe('compose.yml', () => {
  it('is as it has to be', () => {
    expect(checkCompose(COMPOSE)).toEqual([])
  })

  it.each([
    ['  read_only: true\n  build: .', '  build: .', 'gateway-1: its root can be written.'],
    ['  cap_drop: [ALL]', '  cap_drop: []', 'gateway-1: it keeps capabilities.'],
    ['  GU1_API_KEY: gk', '  GU1_APIKEY: gk', 'gateway-2: There is no setting GU1_APIKEY.'],
    ['  GU1_API_KEY: gk', '  GU1_APIKEY: gk', expect.stringMatching(/^gateway-1: GU1_API_KEY is missing/)],
    ['image: nats:2.12-alpine', 'image: nats:latest', 'nats: the image nats:latest names no version.'],
    ['pg_isready, -U', 'pg_ready, -U', null],
    [
      '      test: [CMD, pg_isready',
      '      was: [CMD, pg_isready',
      'migrate: it waits for the health of postgres, which has none.',
    ],
  ])('with %j as %j says so', (what, by, problem) => {
    const problems = checkCompose(replaced(COMPOSE, what, by))
    if (problem === null) expect(problems).toEqual([])
    else expect(problems).toContainEqual(problem)
  })
})
