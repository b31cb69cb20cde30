// Has the gateway ask all providers of a customer again, now.
import { useState } from 'react'
import { useMutation } from 'urql'
import { sentenceOfError } from './client.ts'
import { SyncDocument } from './generated.ts'
import { Icon } from './icons.tsx'
import { useSession } from './session.tsx'

export function SyncButton({ id, onDone }: { id: string; onDone(): void }) {
  const { has } = useSession()
  const [{ fetching }, sync] = useMutation(SyncDocument)
  const [said, setSaid] = useState<string | null>(null)
  if (!has('kyc:write'))
    return (
      <span className="faint hint">
        <Icon name="lock" size={13} /> Asking providers again needs the scope <code>kyc:write</code>.
      </span>
    )
  async function run() {
    if (fetching) return
    setSaid(null)
    const { data, error } = await sync({ by: { id } })
    const failures = data?.syncEntity.failures ?? []
    if (error) setSaid(sentenceOfError(error))
    else if (failures.length > 0)
      setSaid(failures.map((one) => `${one.provider.name}: ${one.error.message}`).join(' '))
    else setSaid('All providers were asked.')
    onDone()
  }
  return (
    <span className="actions">
      <span role="status" className="hint">
        {said}
      </span>
      {/* Not `disabled`, which would take the focus away. */}
      <button type="button" onClick={run} aria-disabled={fetching}>
        <Icon name="renew" /> {fetching ? 'Asking' : 'Ask providers now'}
      </button>
    </span>
  )
}
