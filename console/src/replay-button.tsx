// Has one delivery processed once more, after a question.
import { useState } from 'react'
import { useMutation } from 'urql'
import { sentenceOfError } from './client.ts'
import { Dialog } from './dialog.tsx'
import { ReplayDocument, type ReplayState } from './generated.ts'
import { Icon } from './icons.tsx'
import { momentOf } from './time.ts'

interface ReplayButtonProps {
  delivery: { id: string; provider: { name: string }; event: string | null; receivedAt: string }
  onReplayed(): void
}

const OUTCOMES: Record<ReplayState, string> = {
  QUEUED: 'It is queued, and will be processed in a moment.',
  IGNORED: 'It is about nothing that concerns the gateway.',
  NOT_UNDERSTOOD: 'It is genuine, and still not understood.',
}

export function ReplayButton({ delivery, onReplayed }: ReplayButtonProps) {
  const [isOpen, setOpen] = useState(false)
  const [said, setSaid] = useState<string | null>(null)
  const [{ fetching }, replay] = useMutation(ReplayDocument)
  const name = `${delivery.provider.name} ${delivery.event ?? 'webhook'} of ${momentOf(delivery.receivedAt)}`
  async function run() {
    const { data, error } = await replay({ delivery: delivery.id })
    const state = data?.replayDelivery.state
    if (error) setSaid(sentenceOfError(error))
    else setSaid(state ? (OUTCOMES[state] ?? state) : 'There is no such delivery any more.')
    onReplayed()
  }
  function close() {
    setOpen(false)
    setSaid(null)
  }
  return (
    <>
      <button type="button" className="plain" aria-label={`Replay ${name}`} onClick={() => setOpen(true)}>
        <Icon name="renew" /> Replay
      </button>
      {isOpen && (
        <Dialog title="Replay this delivery?" onClose={close}>
          <p>
            {name} is processed once more: the gateway reads the validation at its provider. That is safe to
            repeat.
          </p>
          <p role="status">{said}</p>
          <div className="actions">
            <button type="button" onClick={close}>
              {said === null ? 'Cancel' : 'Close'}
            </button>
            {said === null && (
              <button type="button" className="primary" disabled={fetching} onClick={run}>
                Replay
              </button>
            )}
          </div>
        </Dialog>
      )}
    </>
  )
}
