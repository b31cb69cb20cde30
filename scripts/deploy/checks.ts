// What the Dockerfile and compose.yml have to be, found without an engine: one sentence for each thing that is not so.
import { parse } from 'yaml'
import { ConfigError, readConfig } from '../../src/config.ts'
import { KNOWN_SETTINGS } from '../../src/known-settings.ts'
import { createIgnore, type Instruction, pairsOf, readDockerfile, type Stage } from './dockerfile.ts'

export interface Sources {
  dockerfile: string
  dockerignore: string
  /** Version of Node that the project is developed with. */
  node: string
  /** Whether there is such a file or folder. */
  exists(path: string): boolean
}

/** Not ours, but of Node, and of the images beside the gateway. */
const OTHER_NAMES = ['NODE_ENV', 'NODE_OPTIONS']
/** A build that does without one of them would make another image. */
const NEEDED = [
  'package.json',
  'package-lock.json',
  'tsconfig.build.json',
  'bin',
  'src',
  'schema',
  'migrations',
]
const NEVER_SENT = [
  '.env',
  '.data',
  '.git',
  'node_modules/pg/package.json',
  'src/app.test.ts',
  'dist/main.js',
]

export function checkDockerfile({ dockerfile, dockerignore, node, exists }: Sources): string[] {
  const stages = readDockerfile(dockerfile)
  const isIgnored = createIgnore(dockerignore)
  const image = stages.at(-1)
  if (!image) return ['There is no stage.']
  return [
    ...stages.flatMap(({ instructions }) =>
      sourcesOf(instructions).flatMap((path) => {
        if (!exists(path)) return [`COPY ${path}: there is no such file.`]
        return isIgnored(path) ? [`COPY ${path}: .dockerignore leaves it out.`] : []
      }),
    ),
    ...NEEDED.filter(isIgnored).map((path) => `.dockerignore leaves out ${path}, which the build needs.`),
    ...NEVER_SENT.filter((path) => !isIgnored(path)).map((path) => `.dockerignore lets ${path} through.`),
    ...stages
      .filter(({ base }) => base !== `node:${node}-trixie-slim`)
      .map(({ name, base }) => `Stage ${name} is made of ${base}, and not of Node ${node}.`),
    ...copiedStages(stages),
    ...checkImage(image),
  ]
}

/** Paths of the context. */
function sourcesOf(instructions: readonly Instruction[]): string[] {
  const copies = instructions.filter(({ name, flags }) => name === 'COPY' && flags.from === undefined)
  return copies.flatMap(({ words }) => words.slice(0, -1).filter((path) => path !== '.'))
}

function copiedStages(stages: readonly Stage[]): string[] {
  return stages.flatMap(({ instructions }, index) => {
    const earlier = stages.slice(0, index).map(({ name }) => name)
    const named = instructions.flatMap(({ name, flags }) =>
      name === 'COPY' && flags.from ? [flags.from] : [],
    )
    return named.filter((name) => !earlier.includes(name)).map((name) => `There is no stage ${name} before.`)
  })
}

function checkImage({ instructions }: Stage): string[] {
  const last = (name: string) => instructions.findLast((one) => one.name === name)
  const names = instructions.filter(({ name }) => name === 'ENV').flatMap((one) => Object.keys(pairsOf(one)))
  const user = last('USER')?.text ?? ''
  const needed = ['ENTRYPOINT', 'HEALTHCHECK', 'STOPSIGNAL', 'LABEL', 'USER', 'EXPOSE']
  return [
    ...needed.filter((name) => !last(name)).map((name) => `The image has no ${name}.`),
    ...(/^[1-9]\d*:[1-9]\d*$/.test(user)
      ? []
      : ['USER is not the number of a user and a group that are not root.']),
    ...instructions
      .filter(({ name, isExec }) => ['ENTRYPOINT', 'CMD', 'HEALTHCHECK'].includes(name) && !isExec)
      .map(({ name }) => `${name} needs a shell.`),
    ...(last('RUN') ? ['The last stage runs something.'] : []),
    ...names.flatMap((name) => complaintOf(name)),
    ...names.filter((name) => KNOWN_SETTINGS.get(name)?.secret).map((name) => `The image has ${name} in it.`),
  ]
}

function complaintOf(name: string): string[] {
  return KNOWN_SETTINGS.has(name) || OTHER_NAMES.includes(name) ? [] : [`There is no setting ${name}.`]
}

interface Service {
  image: string
  build?: string
  command?: string[]
  environment?: Record<string, string | number>
  read_only?: boolean
  cap_drop?: string[]
  security_opt?: string[]
  healthcheck?: { test?: string[]; disable?: boolean }
  depends_on?: Record<string, { condition: string }>
}

export function checkCompose(text: string): string[] {
  const { services } = parse(text, { merge: true }) as { services: Record<string, Service> }
  return Object.entries(services).flatMap(([name, service]) => {
    const found = [
      ...checkService(service),
      ...checkWaits(service, services),
      ...(service.build === undefined ? [] : checkGateway(service)),
    ]
    return found.map((problem) => `${name}: ${problem}`)
  })
}

function checkService({ image, build, healthcheck, security_opt: options = [] }: Service): string[] {
  const hasHealth = healthcheck?.disable === true || healthcheck?.test?.[0] === 'CMD'
  return [
    ...(build !== undefined || /:\d+\.\d+[\w.-]*$/.test(image)
      ? []
      : [`the image ${image} names no version.`]),
    ...(hasHealth ? [] : ['there is no health check that needs no shell.']),
    ...(options.includes('no-new-privileges:true') ? [] : ['it may gain privileges.']),
  ]
}

function checkWaits({ depends_on: waits = {} }: Service, services: Record<string, Service>): string[] {
  return Object.entries(waits).flatMap(([name, { condition }]) => {
    const other = services[name]
    if (!other) return [`it waits for ${name}, which is not there.`]
    const isHealthy = condition === 'service_healthy'
    if (isHealthy && !other.healthcheck?.test) return [`it waits for the health of ${name}, which has none.`]
    return []
  })
}

function checkGateway({ environment = {}, command, ...service }: Service): string[] {
  const texts = Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, String(value)]))
  return [
    ...(service.read_only === true ? [] : ['its root can be written.']),
    ...(service.cap_drop?.includes('ALL') ? [] : ['it keeps capabilities.']),
    ...Object.keys(texts).flatMap((key) => complaintOf(key)),
    // What is run with another command, or none of ours, has other needs.
    ...(command === undefined ? problemsOf(texts) : []),
  ]
}

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfig({ NODE_ENV: 'production', ...environment })
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}
