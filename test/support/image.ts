// The image as an engine would build and run it, where there is none: each stage is a layer over this machine's own files, in which
// its instructions are carried out, and which is then mounted read-only and entered as its user.
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import {
  createIgnore,
  type Instruction,
  pairsOf,
  readDockerfile,
  type Stage,
} from '../../scripts/deploy/dockerfile.ts'
import { runtimePlaces } from '../../scripts/install-size.ts'
import { type GatewayProcess, startProcess } from './gateway-process.ts'
import { linkFiles } from './installed-package.ts'

const ROOT = join(import.meta.dirname, '../..')
const PATH = '/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Whether this user may mount and enter such layers. */
export const CAN_MOUNT = tryMount()

export interface Image {
  /** What the image has that the machine does not, by its own paths. */
  root: string
  user: string
  environment: Record<string, string>
  healthcheck: readonly string[]
  /** Its entry point, with these arguments; `tmpfs`: folders that can be written to. */
  run(args: readonly string[], environment: Record<string, string>, options?: RunOptions): GatewayProcess
  /** Any program, seen from inside. */
  enter(
    command: readonly string[],
    environment?: Record<string, string>,
    options?: RunOptions,
  ): GatewayProcess
  remove(): void
}

export interface RunOptions {
  tmpfs?: readonly string[]
}

interface Layer {
  /** Files of this stage alone. */
  root: string
  folder: string
  workdir: string
  user: string
  environment: Record<string, string>
}

/** `npm ci` and `npm install` take their packages from here, without a network. Everything else is carried out as it stands. */
export function buildImage(): Image {
  const work = mkdtempSync(join(tmpdir(), 'kyc-gateway-image-'))
  const stages = readDockerfile(readFileSync(join(ROOT, 'Dockerfile'), 'utf8'))
  const layers = new Map<string, Layer>()
  for (const stage of stages) layers.set(stage.name, buildStage(work, stage, layers))
  const image = stages.at(-1)
  const layer = layers.get(image?.name ?? '')
  if (!image || !layer) throw new Error('The Dockerfile has no stage.')
  const wordsOf = (name: string) => image.instructions.findLast((one) => one.name === name)?.words ?? []
  const enter: Image['enter'] = (command, environment = {}, { tmpfs = [] } = {}) =>
    startProcess(
      ['unshare', '-m', 'sh', '-ec', enterScript(layer, { tmpfs, isReadOnly: true }), '-', ...command],
      {
        PATH,
        ...layer.environment,
        ...environment,
      },
    )
  return {
    root: layer.root,
    user: layer.user,
    environment: layer.environment,
    healthcheck: wordsOf('HEALTHCHECK'),
    enter,
    run: (args, environment, options) => enter([...wordsOf('ENTRYPOINT'), ...args], environment, options),
    remove: () => rmSync(work, { recursive: true, force: true }),
  }
}

function buildStage(work: string, { name, instructions }: Stage, layers: ReadonlyMap<string, Layer>): Layer {
  const folder = join(work, name)
  const layer: Layer = { folder, root: join(folder, 'root'), workdir: '/', user: '0:0', environment: {} }
  for (const part of ['root', 'overlay', 'mount']) mkdirSync(join(folder, part), { recursive: true })
  mkdirSync(join(layer.root, 'usr/local/bin'), { recursive: true })
  linkOrCopy(realpathSync(process.execPath), join(layer.root, 'usr/local/bin/node'))
  for (const instruction of instructions) carryOut(instruction, layer, layers)
  return layer
}

function carryOut(instruction: Instruction, layer: Layer, layers: ReadonlyMap<string, Layer>): void {
  const { name, text } = instruction
  if (name === 'WORKDIR') {
    layer.workdir = text
    mkdirSync(join(layer.root, text), { recursive: true })
  } else if (name === 'USER') layer.user = text
  else if (name === 'ENV') Object.assign(layer.environment, pairsOf(instruction))
  else if (name === 'COPY') copy(instruction, layer, layers)
  else if (name === 'RUN') run(instruction, layer)
}

function copy(
  { words, flags }: Instruction,
  { root, workdir }: Layer,
  layers: ReadonlyMap<string, Layer>,
): void {
  const isIgnored = createIgnore(readFileSync(join(ROOT, '.dockerignore'), 'utf8'))
  const from = flags.from === undefined ? ROOT : layers.get(flags.from)?.root
  if (from === undefined) throw new Error(`There is no stage ${flags.from}.`)
  const sources = words.slice(0, -1)
  const place = join(root, (words.at(-1) ?? '').startsWith('/') ? '/' : workdir, words.at(-1) ?? '')
  for (const source of sources) {
    const isMany = sources.length > 1 || words.at(-1)?.endsWith('/') === true
    const isFolder = statSync(join(from, source)).isDirectory()
    const target = isMany && !isFolder ? join(place, source) : place
    // Files of a stage that has been built change no more.
    const isLayer = from !== ROOT && flags.chown === undefined
    if (isLayer) execFileSync('cp', ['-alf', '-T', join(from, source), target])
    else {
      cpSync(join(from, source), target, {
        recursive: true,
        verbatimSymlinks: true,
        filter: (path) => from !== ROOT || path === ROOT || !isIgnored(relative(ROOT, path)),
      })
    }
  }
  if (flags.chmod) chmodSync(place, Number.parseInt(flags.chmod, 8))
  if (flags.chown) changeOwner(place, flags.chown.split(':').map(Number) as [number, number])
}

function changeOwner(place: string, [user, group]: [number, number]): void {
  chownSync(place, user, group)
  for (const name of readdirSync(place, { recursive: true, encoding: 'utf8' }))
    chownSync(join(place, name), user, group)
}

function run({ text, words, isExec }: Instruction, layer: Layer): void {
  if (/npm (ci|install) /.test(text)) {
    installPackages(layer, text.startsWith('npm pkg delete devDependencies'))
    return
  }
  const command = isExec ? words : ['sh', '-ec', text]
  const script = enterScript(layer, { tmpfs: [], isReadOnly: false })
  execFileSync('unshare', ['-m', 'sh', '-ec', script, '-', ...command], {
    env: { PATH, HOME: '/tmp', ...layer.environment },
    stdio: 'pipe',
  })
}

function installPackages({ root, workdir }: Layer, isProduction: boolean): void {
  const folder = join(root, workdir)
  if (!isProduction) symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  else for (const { place } of runtimePlaces(ROOT)) linkFiles(join(ROOT, place), join(folder, place))
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to)
  } catch {
    cpSync(from, to)
  }
}

/** For sh, in a mount namespace of its own: becomes the command that follows. */
function enterScript(
  { folder, root, workdir, user }: Pick<Layer, 'folder' | 'root' | 'workdir' | 'user'>,
  { tmpfs, isReadOnly }: { tmpfs: readonly string[]; isReadOnly: boolean },
): string {
  const mount = join(folder, 'mount')
  const [id = '0', group = '0'] = user.split(':')
  return [
    // Several may be entered at once, on a layer that none of them changes.
    `mkdir -p ${folder}/overlay/$$`,
    `mount -t overlay overlay -o lowerdir=/,upperdir=${root},workdir=${folder}/overlay/$$ ${mount}`,
    `mount -t proc proc ${mount}/proc`,
    `mount --rbind /dev ${mount}/dev`,
    ...tmpfs.map((path) => `mount -t tmpfs -o mode=700,uid=${id},gid=${group} tmpfs ${mount}${path}`),
    ...(isReadOnly ? [`mount -o remount,ro ${mount}`] : []),
    `exec chroot --userspec=${user} ${mount} sh -c 'cd "$0" && exec "$@"' ${workdir} "$@"`,
  ].join('\n')
}

function tryMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  const folder = mkdtempSync(join(tmpdir(), 'kyc-gateway-mount-'))
  try {
    for (const part of ['root', 'overlay', 'mount']) mkdirSync(join(folder, part))
    const layer = { folder, root: join(folder, 'root'), workdir: '/', user: '1000:1000' }
    const script = enterScript(layer, { tmpfs: [], isReadOnly: false })
    execFileSync('unshare', ['-m', 'sh', '-ec', script, '-', 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
