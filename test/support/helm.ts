// Helm, out of a package that ships it: renders the chart of the gateway as an operator's own would.
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { inflateRawSync } from 'node:zlib'
import { parseAllDocuments } from 'yaml'

const ROOT = join(import.meta.dirname, '../..')
const SHIPPED = join(ROOT, 'node_modules/@aws-cdk/asset-kubectl-v20/lib/layer.zip')
const CHART = join(ROOT, 'deploy/helm/kyc-gateway')
const WORK = join(ROOT, 'node_modules/.cache/helm')

/** What is shipped is a program for this kind of machine. */
export const HAS_HELM = process.platform === 'linux' && process.arch === 'x64'

export interface Manifest {
  apiVersion: string
  kind: string
  metadata: { name: string; labels: Record<string, string>; annotations?: Record<string, string> }
  // biome-ignore lint/suspicious/noExplicitAny: of any kind of resource
  [part: string]: any
}

export interface Rendered {
  manifests: Manifest[]
  /** Of a kind of which there is one, by the end of its name where there are several. */
  get(kind: string, end?: string): Manifest
}

/** `helm template` with these values. Rejects with what Helm says of them. */
export async function renderChart(values: object): Promise<Rendered> {
  const text = await helm(['template', 'trial', CHART, '--kube-version', '1.30.0'], values)
  const manifests = parseAllDocuments(text)
    .map((document) => {
      if (document.errors.length > 0) throw document.errors[0]
      return document.toJS() as Manifest | null
    })
    .filter((one) => one !== null)
  return {
    manifests,
    get(kind, end = '') {
      const found = manifests.filter((one) => one.kind === kind && one.metadata.name.endsWith(end))
      if (found.length !== 1 || !found[0]) throw new Error(`There are ${found.length} of ${kind} ${end}.`)
      return found[0]
    },
  }
}

/** `helm lint --strict`: what it says where something is wrong is in the rejection. */
export async function lintChart(values: object): Promise<string> {
  return helm(['lint', '--strict', CHART], values)
}

async function helm(args: readonly string[], values: object): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'kyc-gateway-chart-'))
  try {
    const file = join(folder, 'values.json')
    writeFileSync(file, JSON.stringify(values))
    // Without a cluster, and without what its user has set up.
    const env = { PATH: process.env.PATH, HOME: folder, KUBECONFIG: '/dev/null' }
    const { stdout } = await promisify(execFile)(unpackHelm(), [...args, '-f', file], { env })
    return stdout
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Where the program is. */
function unpackHelm(): string {
  const path = join(WORK, 'helm')
  if (existsSync(path)) return path
  mkdirSync(WORK, { recursive: true })
  const unfinished = `${path}.${process.pid}`
  writeFileSync(unfinished, unzip(readFileSync(SHIPPED), 'helm/helm'), { mode: 0o755 })
  renameSync(unfinished, path)
  return path
}

const END_OF_DIRECTORY = 0x06_05_4b_50

/** One file of a zip: found by the directory at its end. */
function unzip(zip: Buffer, name: string): Buffer {
  const end = zip.lastIndexOf(Buffer.from(new Uint32Array([END_OF_DIRECTORY]).buffer))
  let entry = zip.readUInt32LE(end + 16)
  for (let count = zip.readUInt16LE(end + 10); count > 0; count -= 1) {
    const nameLength = zip.readUInt16LE(entry + 28)
    const isIt = zip.toString('utf8', entry + 46, entry + 46 + nameLength) === name
    if (isIt) {
      const local = zip.readUInt32LE(entry + 42)
      const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
      return inflateRawSync(zip.subarray(start, start + zip.readUInt32LE(entry + 20)))
    }
    entry += 46 + nameLength + zip.readUInt16LE(entry + 30) + zip.readUInt16LE(entry + 32)
  }
  throw new Error(`There is no ${name} in it.`)
}
