// A folder of settings as Kubernetes mounts it: links through `..data` to the files, which are changed all at once.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

export interface SettingsFolder {
  path: string
  /** From now on there are these files and no others. */
  mount(files: Record<string, string>): void
}

/** Goes with the test. */
export function createSettingsFolder(files: Record<string, string>): SettingsFolder {
  const path = mkdtempSync(join(tmpdir(), 'kyc-gateway-settings-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  let version = 0
  function mount(next: Record<string, string>) {
    version += 1
    const data = `..version-${version}`
    mkdirSync(join(path, data))
    for (const [name, text] of Object.entries(next)) {
      writeFileSync(join(path, data, name), `${text}\n`)
      if (!existsSync(join(path, name))) symlinkSync(`..data/${name}`, join(path, name))
    }
    const link = join(path, '..data')
    const old = existsSync(link) ? readlinkSync(link) : null
    symlinkSync(data, join(path, '..data_next'))
    renameSync(join(path, '..data_next'), link)
    if (old) rmSync(join(path, old), { recursive: true })
  }
  mount(files)
  return { path, mount }
}
