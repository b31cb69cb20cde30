// The sandbox: an emulator is driven on one side, and what the gateway makes of it is seen on the other.
import { useState } from 'react'
import { useQuery } from 'urql'
import { ChangeFeed } from './change-feed.tsx'
import { sentenceOfError } from './client.ts'
import { FaultControls } from './fault-controls.tsx'
import { type ChangeFragment, ChangesDocument, SandboxProvidersDocument } from './generated.ts'
import { Heading } from './heading.tsx'
import { HeldWebhooks } from './held-webhooks.tsx'
import { LiveBanner } from './live-banner.tsx'
import { MoveForm } from './move-form.tsx'
import { useSession } from './session.tsx'
import { Empty, Failed, Skeleton } from './states.tsx'
import { useLive } from './use-live.ts'

const MOST_CHANGES = 40

export function SandboxView() {
  const { viewer } = useSession()
  const [{ data, error }, readAgain] = useQuery({ query: SandboxProvidersDocument, pause: !viewer.isSandbox })
  const [changes, setChanges] = useState<readonly ChangeFragment[]>([])
  const [moves, setMoves] = useState(0)
  const live = useLive({
    document: ChangesDocument,
    variables: {},
    changeOf: (one) => one.statusChanges,
    onChange(change) {
      if (!change.isSnapshot) setChanges((before) => [change, ...before].slice(0, MOST_CHANGES))
    },
  })
  const providers = (data?.providers ?? []).flatMap(({ emulator, ...rest }) =>
    emulator === null ? [] : [{ ...rest, emulator }],
  )
  return (
    <>
      <Heading title="Sandbox">
        <LiveBanner state={live} />
      </Heading>
      {!viewer.isSandbox && (
        <Empty title="This gateway is not a sandbox">
          <p>Its providers are real: nothing can be driven here.</p>
        </Empty>
      )}
      {error && <Failed message={sentenceOfError(error)} onRetry={readAgain} />}
      {viewer.isSandbox && !data && !error && <Skeleton rows={2} height={260} />}
      {data && providers.length === 0 && <Empty title="No provider is emulated here" />}
      {providers.length > 0 && (
        <div className="two">
          <div className="two-side">
            <MoveForm providers={providers} news={changes[0] ?? null} onMoved={() => setMoves(moves + 1)} />
            <HeldWebhooks key={moves} providers={providers} />
            <FaultControls providers={providers} />
          </div>
          <ChangeFeed changes={changes} />
        </div>
      )}
    </>
  )
}
