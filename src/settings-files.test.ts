// SETTINGS_DIR: what counts of a folder of settings, and what is said of files that cannot be used.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createSettingsFolder } from '../test/support/settings-folder.ts'
import { ConfigError } from './config.ts'
import { readSettings } from './settings-files.ts'

function problemsIn(path: string): readonly string[] {
  try {
    readSettings({ SETTINGS_DIR: path })
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

const SWAPPED = [
  'GU1_API_KEY',
  'GU1_WEBHOOK_SECRET',
  'LOG_LEVEL',
  'PORT',
  'SILA_CLIENT_ID',
  'SILA_CLIENT_SECRET',
]
/** As fast as it can, until it is ended. */
const SWAP = `
  process.chdir(process.argv[1])
  for (let version = 10; ; version += 1) {
    fs.mkdirSync('..' + version)
    for (const name of ${JSON.stringify(SWAPPED)}) fs.writeFileSync('..' + version + '/' + name, String(version))
    const old = fs.readlinkSync('..data')
    fs.symlinkSync('..' + version, '..next')
    fs.renameSync('..next', '..data')
    fs.rmSync(old, { recursive: true })
    if (version === 10) process.stdout.write('begun')
  }
`

describe('a folder of settings', () => {
  it('has a file for each, whose last line break does not count', () => {
    const { path } = createSettingsFolder({ GU1_API_KEY: 'gk_example', PORT: '0\r' })
    const { environment, unknown } = readSettings({ SETTINGS_DIR: path, HOME: '/root' })
    expect(environment).toEqual({ SETTINGS_DIR: path, HOME: '/root', GU1_API_KEY: 'gk_example', PORT: '0' })
    expect(unknown).toEqual([])
  })

  it('comes after the environment, in which an empty text says nothing', () => {
    const { path } = createSettingsFolder({ GU1_API_KEY: 'of the file', SILA_AUTH: 'ecdsa' })
    const { environment } = readSettings({ SETTINGS_DIR: path, GU1_API_KEY: 'set', SILA_AUTH: ' ' })
    expect(environment).toMatchObject({ GU1_API_KEY: 'set', SILA_AUTH: 'ecdsa' })
  })

  it('is read where its link leads now, without what begins with a dot', () => {
    const folder = createSettingsFolder({ GU1_API_KEY: 'old' })
    folder.mount({ GU1_API_KEY: 'new' })
    writeFileSync(join(folder.path, '.hidden'), 'x')
    const { environment, unknown } = readSettings({ SETTINGS_DIR: folder.path })
    expect([environment.GU1_API_KEY, unknown]).toEqual(['new', []])
  })

  it('that is changed while it is read is read again, and never in part', async () => {
    const { path } = createSettingsFolder({})
    const swaps = spawn(process.execPath, ['-e', SWAP, path])
    const ended = once(swaps, 'exit')
    onTestFinished(() => void swaps.kill())
    await once(swaps.stdout, 'data')
    for (let read = 0; read < 1_500; read += 1) {
      const { SETTINGS_DIR, ...texts } = readSettings({ SETTINGS_DIR: path }).environment
      expect([Object.keys(texts).length, new Set(Object.values(texts)).size]).toEqual([SWAPPED.length, 1])
    }
    swaps.kill()
    await ended
  })

  it('may hold other files, which are named and not read', () => {
    const { path } = createSettingsFolder({
      GU1_APIKEY: 'gk_example',
      SETTINGS_DIR: '/',
      NODE_OPTIONS: '--x',
    })
    const { environment, unknown } = readSettings({ SETTINGS_DIR: path })
    expect(environment).toEqual({ SETTINGS_DIR: path })
    expect(unknown).toEqual(['GU1_APIKEY', 'NODE_OPTIONS', 'SETTINGS_DIR'])
  })

  it('that cannot be used is named with what is wrong, and no value is', () => {
    expect(problemsIn('/dev/null/settings')).toEqual(['SETTINGS_DIR cannot be read: ENOTDIR'])
    const { path, mount } = createSettingsFolder({})
    mount({ GU1_API_KEY: 'x'.repeat(65_536) })
    mkdirSync(join(path, '..data', 'SILA_AUTH'))
    // Whoever opened this would wait for a writer.
    execFileSync('mkfifo', [join(path, '..data', 'SILA_CLIENT_ID')])
    writeFileSync(join(path, '..data', 'SILA_CLIENT_SECRET'), Buffer.from([0x63, 0xf6, 0x66]))
    symlinkSync('nowhere', join(path, '..data', 'SILA_PRIVATE_KEY'))
    expect(problemsIn(path)).toEqual([
      'GU1_API_KEY in SETTINGS_DIR has more than 65536 bytes',
      'SILA_AUTH in SETTINGS_DIR is not a file',
      'SILA_CLIENT_ID in SETTINGS_DIR is not a file',
      'SILA_CLIENT_SECRET in SETTINGS_DIR is not text in UTF-8',
      'SILA_PRIVATE_KEY in SETTINGS_DIR cannot be read: ENOENT',
    ])
  })
})
