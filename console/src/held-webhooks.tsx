// The webhooks that emulators hold back, and their release, in order or against it.
import { useCallback, useEffect, useState } from 'react'
import { emulatorAt, type HeldWebhook, wordsOfAnswers, wordsOfFailure } from './emulator.ts'
import type { SandboxProvider } from './sandbox-provider.ts'

type Held = { provider: SandboxProvider; webhooks: readonly HeldWebhook[] }

export function HeldWebhooks({ providers }: { providers: readonly SandboxProvider[] }) {
  const [held, setHeld] = useState<readonly Held[]>([])
  const [said, setSaid] = useState<string | null>(null)
  const paths = providers.map(({ emulator }) => emulator).join(' ')
  const read = useCallback(async () => {
    const all = paths.split(' ').map(async (path) => ({ path, webhooks: await emulatorAt(path).held() }))
    return Promise.all(all).catch(() => [])
  }, [paths])
  useEffect(() => {
    let isHere = true
    read().then((all) => {
      if (!isHere) return
      setHeld(
        all.flatMap(({ path, webhooks }) => {
          const provider = providers.find(({ emulator }) => emulator === path)
          return provider && webhooks.length > 0 ? [{ provider, webhooks }] : []
        }),
      )
    })
    return () => {
      isHere = false
    }
  }, [read])
  if (held.length === 0 && said === null) return null
  async function release(order: 'oldest-first' | 'newest-first') {
    try {
      const answers = await Promise.all(
        held.map(({ provider }) => emulatorAt(provider.emulator).release(order)),
      )
      setSaid(`Sent: ${wordsOfAnswers(answers.flat())}.`)
      setHeld([])
    } catch (error) {
      setSaid(wordsOfFailure(error))
    }
  }
  return (
    <section className="card block" aria-labelledby="held">
      <h2 id="held">Held back</h2>
      <ul className="plain-list">
        {held.flatMap(({ provider, webhooks }) =>
          webhooks.map(({ event, validation }, index) => (
            <li key={`${provider.id} ${event} ${validation} ${index}`}>
              {provider.name} <code>{event}</code> <code className="faint">{validation?.slice(0, 8)}</code>
            </li>
          )),
        )}
      </ul>
      {held.length > 0 && (
        <div className="actions">
          <button type="button" onClick={() => release('oldest-first')}>
            Send now, late
          </button>
          <button type="button" onClick={() => release('newest-first')}>
            Send out of order
          </button>
        </div>
      )}
      <p role="status" className="hint">
        {said}
      </p>
    </section>
  )
}
