// Who uses the console: their token, kept in this tab alone, and what the gateway says of them.
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react'
import { Provider as ClientProvider, useQuery } from 'urql'
import { codesOf, createClient, sentenceOfError } from './client.ts'
import { ViewerDocument, type ViewerQuery } from './generated.ts'
import { Heading } from './heading.tsx'
import { SignIn } from './sign-in.tsx'
import { Failed, ShellSkeleton } from './states.tsx'

export interface Session extends ViewerQuery {
  token: string | null
  has(scope: string): boolean
  /** Absent: nobody has signed in, because nobody has to. */
  signOut: (() => void) | null
  /** To be called when the gateway no longer accepts the token. */
  onRefused(): void
}

const SessionContext = createContext<Session | null>(null)

export function useSession(): Session {
  const session = useContext(SessionContext)
  if (!session) throw new Error('useSession is for what is inside Session.')
  return session
}

const KEY = 'kyc-console-token'

export function SessionGate({ children }: { children: ReactNode }) {
  const [token, setToken] = useState(() => sessionStorage.getItem(KEY))
  // A late answer to the token before says nothing of this one.
  const [refused, setRefused] = useState<{ token: string | null } | null>(null)
  const onRefused = useCallback(() => setRefused({ token }), [token])
  const client = useMemo(() => createClient({ token, onRefused }), [token, onRefused])
  const change = useCallback((next: string | null) => {
    if (next === null) sessionStorage.removeItem(KEY)
    else sessionStorage.setItem(KEY, next)
    setRefused(null)
    setToken(next)
  }, [])
  if (refused !== null && refused.token === token)
    return <SignIn wasRefused={token !== null} onToken={change} />
  return (
    <ClientProvider value={client}>
      <Known token={token} change={change} onRefused={onRefused}>
        {children}
      </Known>
    </ClientProvider>
  )
}

interface KnownProps {
  token: string | null
  change(token: string | null): void
  onRefused(): void
  children: ReactNode
}

function Known({ token, change, onRefused, children }: KnownProps) {
  const [{ data, error }, again] = useQuery({ query: ViewerDocument })
  const session = useMemo<Session | null>(() => {
    if (!data?.viewer) return null
    const scopes = new Set(data.viewer.scopes)
    return {
      ...data,
      token,
      has: (scope) => scopes.has(scope),
      signOut: token === null ? null : () => change(null),
      onRefused,
    }
  }, [data, token, change, onRefused])
  if (session) return <SessionContext value={session}>{children}</SessionContext>
  if (!error) return <ShellSkeleton />
  const isForbidden = codesOf(error).includes('FORBIDDEN')
  return (
    <main className="alone" id="main">
      <Heading title={isForbidden ? 'This token may not read' : 'The console cannot begin'} />
      <Failed
        message={
          isForbidden
            ? 'Reading needs the scope kyc:read, which this token does not have.'
            : sentenceOfError(error)
        }
        onRetry={() => again({ requestPolicy: 'network-only' })}
      />
      {token !== null && (
        <button type="button" onClick={() => change(null)}>
          Sign out
        </button>
      )}
    </main>
  )
}
