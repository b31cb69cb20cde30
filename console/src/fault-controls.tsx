// Makes a provider slow, down, or healthy again.
import { useEffect, useState } from 'react'
import { emulatorAt, FAULTS, type FaultName, wordsOfFailure } from './emulator.ts'
import type { SandboxProvider } from './sandbox-provider.ts'

export function FaultControls({ providers }: { providers: readonly SandboxProvider[] }) {
  return (
    <section className="card block" aria-labelledby="faults">
      <h2 id="faults">How a provider is</h2>
      {providers.map((provider) => (
        <FaultControl key={provider.id} provider={provider} />
      ))}
      <p className="hint">
        <a href={providers[0]?.emulator}>All that can be done to an emulator</a> is listed by itself.
      </p>
    </section>
  )
}

function FaultControl({ provider: { name, emulator } }: { provider: SandboxProvider }) {
  const [fault, setFault] = useState<FaultName | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  useEffect(() => {
    emulatorAt(emulator)
      .fault()
      .then(setFault)
      .catch(() => setFault(null))
  }, [emulator])
  async function change(next: FaultName) {
    setProblem(null)
    try {
      await emulatorAt(emulator).setFault(next)
      setFault(next)
    } catch (error) {
      setProblem(wordsOfFailure(error))
    }
  }
  return (
    <fieldset className="fault">
      <legend>{name}</legend>
      <div className="segmented">
        {Object.entries(FAULTS).map(([key, { text }]) => (
          <button
            key={key}
            type="button"
            aria-pressed={fault === key}
            onClick={() => void change(key as FaultName)}
          >
            {text}
          </button>
        ))}
      </div>
      {problem && (
        <p className="hint" role="alert">
          {problem}
        </p>
      )}
    </fieldset>
  )
}
