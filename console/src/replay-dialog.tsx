// Asks before one delivery is processed once more, and says what came of it.
import { useRef, useState } from 'react'
import { useMutation } from 'urql'
import { sentenceOfError } from './client.ts'
import { Dialog } from './dialog.tsx'
import { ReplayDocument, type ReplayState } from './generated.ts'
import { momentOf } from './time.ts'

export interface Replayable {
  id: string
  provider: { name: string }
  event: string | null
  receivedAt: string
}

interface ReplayDialogProps {
  delivery: Replayable
  onReplayed(): void
  onClose(): void
}

const OUTCOMES: Record<ReplayState, string> = {
  QUEUED: 'It is queued, and will be processed in a moment.',
  IGNORED: 'It is about nothing that concerns the gateway.',
  NOT_UNDERSTOOD: 'It is genuine, and still not understood.',
}

export function nameOfDelivery({ provider, event, receivedAt }: Replayable): string {
  return `${provider.name} ${event ?? 'webhook'} of ${momentOf(receivedAt)}`
}

export function ReplayDialog({ delivery, onReplayed, onClose }: ReplayDialogProps) {
  const [said, setSaid] = useState<string | null>(null)
  const [isDone, setIsDone] = useState(false)
  const close = useRef<HTMLButtonElement>(null)
  const [{ fetching }, replay] = useMutation(ReplayDocument)
  async function run() {
    if (fetching) return
    const { data, error } = await replay({ delivery: delivery.id })
    const state = data?.replayDelivery.state
    if (error) return setSaid(sentenceOfError(error))
    setSaid(state ? (OUTCOMES[state] ?? state) : 'There is no such delivery any more.')
    // The button that was pressed goes away.
    close.current?.focus()
    setIsDone(true)
    onReplayed()
  }
  return (
    <Dialog title="Replay this delivery?" onClose={onClose}>
      <p>
        {nameOfDelivery(delivery)} is processed once more: the gateway reads the validation at its provider.
        That is safe to repeat.
      </p>
      <p role="status">{said}</p>
      <div className="actions">
        <button type="button" ref={close} onClick={onClose}>
          {isDone ? 'Close' : 'Cancel'}
        </button>
        {!isDone && (
          <button type="button" className="primary" aria-disabled={fetching} onClick={run}>
            Replay
          </button>
        )}
      </div>
    </Dialog>
  )
}
