// Starting and stopping under real signals, in a process of its own for each case.
import { afterAll, describe, expect, it } from 'vitest'
import { killAll, startProcess } from '../../test/support/gateway-process.ts'

afterAll(killAll)

/** Each step says its name; `hang` never ends, though a timer keeps the process running. */
function start(steps: string, stopTimeoutMs = 60_000) {
  const script = `
    import { runUntilSignal } from './src/commands/lifetime.ts'
    const say = (text) => process.stdout.write(text + '\\n')
    const hang = () => new Promise(() => void setInterval(() => {}, 1_000))
    const close = async () => say('closed')
    try {
      say('exit ' + await runUntilSignal({ ${steps} }, ${stopTimeoutMs}))
    } catch (error) {
      say('failed: ' + error.message)
    }`
  return startProcess([process.execPath, '--input-type=module', '--eval', script], {})
}

const OPEN = 'open: async () => ({ close })'

describe('without a signal', () => {
  it('prepares, announces, and stays until one comes', async () => {
    const running = start(
      `${OPEN}, prepare: async () => say('prepared'), announce: () => { say('ready'); hang() }`,
    )
    await running.waitFor(/ready/)
    running.kill('SIGTERM')
    await running.waitFor(/exit/)
    expect(running.output()).toBe('prepared\nready\nclosed\nexit 0\n')
    running.kill('SIGTERM')
    expect(await running.exit).toBe(null)
  })

  it('fails with what failed in opening, and keeps no process alive', async () => {
    const running = start(`open: async () => { throw new Error('no port') }`)
    expect(await running.exit).toBe(0)
    expect(running.output()).toBe('failed: no port\n')
  })

  it('closes what is open before it fails with what failed in preparing', async () => {
    const running = start(
      `${OPEN}, prepare: async () => { throw new Error('no demo') }, announce: () => say('ready')`,
    )
    expect(await running.exit).toBe(0)
    expect(running.output()).toBe('closed\nfailed: no demo\n')
  })
})

describe('a signal', () => {
  it('while opening closes right after it', async () => {
    const open = `open: async () => { setInterval(() => {}, 1_000); say('opening'); await new Promise((done) => process.once('SIGTERM', done)); return { close } }`
    const running = start(`${open}, prepare: async () => say('preparing'), announce: () => say('ready')`)
    await running.waitFor(/opening/)
    running.kill('SIGTERM')
    await running.waitFor(/exit/)
    expect(running.output()).toBe('opening\nclosed\nexit 0\n')
    running.kill('SIGKILL')
  })

  it('while preparing does not wait for it, and nothing is announced', async () => {
    const running = start(
      `${OPEN}, prepare: () => { say('preparing'); return hang() }, announce: () => say('ready')`,
    )
    await running.waitFor(/preparing/)
    running.kill('SIGTERM')
    await running.waitFor(/exit/)
    expect(running.output()).toBe('preparing\nclosed\nexit 0\n')
    running.kill('SIGKILL')
  })

  it.each([
    ['opening', `open: () => { say('hangs'); return hang() }`],
    [
      'closing',
      `open: async () => ({ close: () => { say('hangs'); return hang() } }), announce: () => { say('ready'); hang() }`,
    ],
  ])('ends the process by itself where %s hangs', async (_step, steps) => {
    const running = start(steps, 200)
    await running.waitFor(/hangs|ready/)
    running.kill('SIGTERM')
    expect(await running.exit).toBe(null)
  })

  it.each(['SIGTERM', 'SIGINT'] as const)('%s as the second ends the process at once', async (second) => {
    const running = start(
      `open: async () => ({ close: () => { say('hangs'); return hang() } }), announce: () => { say('ready'); hang() }`,
    )
    await running.waitFor(/ready/)
    running.kill('SIGTERM')
    await running.waitFor(/hangs/)
    running.kill(second)
    expect(await running.exit).toBe(null)
  })
})

describe('what would outlive the process', () => {
  const stuck = `open: async () => ({ close: () => { say('hangs'); return hang() } }), announce: () => { say('ready'); hang() }, abandon: () => say('abandoned')`

  it('is ended before the second signal ends the process', async () => {
    const running = start(stuck)
    await running.waitFor(/ready/)
    running.kill('SIGTERM')
    await running.waitFor(/hangs/)
    running.kill('SIGINT')
    expect(await running.exit).toBe(null)
    expect(running.output()).toBe('ready\nhangs\nabandoned\n')
  })

  it('is ended before the process ends itself where closing hangs', async () => {
    const running = start(stuck, 200)
    await running.waitFor(/ready/)
    running.kill('SIGTERM')
    expect(await running.exit).toBe(null)
    expect(running.output()).toBe('ready\nhangs\nabandoned\n')
  })
})

describe('a process that another one stops', () => {
  const supervised = `onStop: (stop) => { process.on('SIGUSR2', stop); return () => say('heard') }`

  it('stops when that says so, and a signal that comes on top changes nothing', async () => {
    const close = `close: async () => { say('closing'); process.kill(process.pid, 'SIGTERM'); await new Promise((done) => setTimeout(done, 50)); say('closed') }`
    const running = start(
      `${supervised}, open: async () => ({ ${close} }), announce: () => { process.kill(process.pid, 'SIGUSR2'); hang() }`,
    )
    await running.waitFor(/exit 0/)
    expect(running.output()).toMatch(/^heard\nclosing\nclosed\n/)
    running.kill('SIGKILL')
  })

  it('ends itself where closing hangs', async () => {
    const running = start(
      `${supervised}, open: async () => ({ close: hang }), announce: () => { say('ready'); hang() }`,
      200,
    )
    await running.waitFor(/ready/)
    running.kill('SIGTERM')
    expect(await running.exit).toBe(null)
  })
})

describe('the end of the parent process', () => {
  it('counts as a signal where it is asked for', async () => {
    const script = `
      import { runUntilSignal } from './src/commands/lifetime.ts'
      const say = (text) => process.stdout.write(text + '\\n')
      await runUntilSignal({
        endsWithParent: true,
        open: async () => ({ close: async () => say('closed') }),
        announce: () => say('ready'),
      })`
    // The shell has something to do afterwards, so that it stays as the parent.
    const command = '"$0" --input-type=module --eval "$1"; true'
    const parent = startProcess(['sh', '-c', command, process.execPath, script], {})
    await parent.waitFor(/ready/)
    parent.kill('SIGKILL')
    await parent.waitFor(/closed/)
  })
})
