// `npm run bench:events`: the figures of webhooks and subscriptions, measured on this machine and compared with the targets.
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { TEST_DATABASE_URL } from '../test/support/database.ts'
import { killAll, startEmulators } from '../test/support/gateway-process.ts'
import { measureAccept, measureBusyAccept } from './accept.ts'
import { measureFanOut } from './fan-out.ts'
import { createGateway, DATABASES, type DatabaseName } from './gateway.ts'
import { measureIdle } from './idle.ts'
import { type Figure, isMissed, tableOf } from './report.ts'
import { measureRestart } from './restart.ts'
import { measureResume } from './resume.ts'
import { createProviderSide } from './subjects.ts'
import { measureWork } from './work.ts'
import type { World } from './world.ts'

const SUBJECTS = 1_000

/** In this order: the first makes the validations known, the last ones start the process again, and the very last leaves work behind. */
const MEASURES: Record<string, (world: World) => Promise<Figure[]>> = {
  work: measureWork,
  accept: measureAccept,
  busy: measureBusyAccept,
  resume: measureResume,
  fanout: measureFanOut,
  idle: measureIdle,
  restart: measureRestart,
}

const HELP = `npm run bench:events [-- [--database PGlite|Postgres] [--profile <folder>] [measure…]]
Measures: ${Object.keys(MEASURES).join(', ')}. Absent: all. Postgres where TEST_DATABASE_URL names a server.
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    database: { type: 'string' },
    /** Where node writes what the processor was busy with. */
    profile: { type: 'string' },
    help: { type: 'boolean' },
  },
})

const write = (text: string) => process.stdout.write(`${text}\n`)

async function measureOn(database: DatabaseName): Promise<Figure[]> {
  const { settings, gu1 } = await startEmulators()
  const provider = createProviderSide(gu1)
  const nodeOptions = values.profile ? ['--cpu-prof', `--cpu-prof-dir=${values.profile}`] : []
  const gateway = await createGateway({ database, settings, nodeOptions })
  try {
    await gateway.start()
    const accounts = Array.from({ length: SUBJECTS }, (_, index) => `bench-${index}`)
    const subjects = await provider.addSubjects(accounts)
    const world = { gateway, provider, subjects }
    const figures: Figure[] = []
    for (const [name, measure] of Object.entries(MEASURES)) {
      if (name !== 'work' && positionals.length > 0 && !positionals.includes(name)) continue
      figures.push(...(await measure(world)))
      process.stderr.write(`${database}: ${name}, load ${loadavg()[0]?.toFixed(1)}\n`)
    }
    return figures
  } finally {
    await gateway.close()
    await provider.close()
    await killAll()
  }
}

async function run(): Promise<number> {
  const isWanted = (name: DatabaseName) =>
    (name === 'PGlite' || TEST_DATABASE_URL !== null) && (values.database ?? name) === name
  const begin = performance.now()
  const all: Figure[] = []
  write(`${new Date().toISOString()}, node ${process.version}, load ${loadavg()[0]?.toFixed(1)} before\n`)
  for (const database of DATABASES.filter(isWanted)) {
    const figures = await measureOn(database)
    all.push(...figures)
    write(`${tableOf(database, figures)}\n`)
  }
  write(`${Math.round((performance.now() - begin) / 1_000)} s`)
  return all.some(isMissed) ? 1 : 0
}

if (values.help) process.stdout.write(HELP)
else process.exitCode = await run()
