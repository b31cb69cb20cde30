// Where callers are authenticated: a token or key is pasted, and kept in this tab until it is closed.
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { Heading } from './heading.tsx'
import { Icon } from './icons.tsx'

interface SignInProps {
  /** A token was given, and the gateway does not accept it (any more). */
  wasRefused: boolean
  onToken(token: string): void
}

export function SignIn({ wasRefused, onToken }: SignInProps) {
  const [token, setToken] = useState('')
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => field.current?.focus(), [])
  function submit(event: FormEvent) {
    event.preventDefault()
    const given = token.trim().replace(/^Bearer\s+/i, '')
    if (given === '') field.current?.focus()
    else onToken(given)
  }
  return (
    <main className="alone" id="main">
      <form className="card sign-in" onSubmit={submit}>
        <Heading title="Sign in" />
        <p>
          This gateway authenticates its callers. Paste a token of your identity provider, or a key of this
          gateway.
        </p>
        {wasRefused && (
          <p className="note note-bad" role="alert">
            <Icon name="cross" /> The gateway does not accept this token. It may have expired.
          </p>
        )}
        <label htmlFor="token">Token or key</label>
        <input
          id="token"
          ref={field}
          type="password"
          autoComplete="off"
          spellCheck={false}
          required
          pattern="[ -~]+"
          title="Letters, digits and signs of ASCII"
          value={token}
          onChange={(event) => setToken(event.target.value)}
        />
        <button type="submit" className="primary">
          Sign in
        </button>
        <p className="hint">
          It is kept in this tab alone and is gone when the tab is closed. A key is made with{' '}
          <code>kyc-gateway key create</code>.
        </p>
      </form>
    </main>
  )
}
