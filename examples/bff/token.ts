// The token of this back end: got once for all who ask at the same time, and again before it ends.

export interface Token {
  /** The headers that prove who asks. */
  headers(): Promise<Record<string, string>>
  /** The gateway no longer takes it: the next request gets another. */
  discard(): void
}

/** Before it ends, so that it is still good when it arrives. */
const EARLY_SECONDS = 30

/** The client credentials grant of OAuth 2, as any identity provider has it. */
export function createToken(url: string, client: { id: string; secret: string }): Token {
  let current: Promise<string> | null = null
  const discard = () => {
    current = null
  }

  async function get(): Promise<string> {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${client.id}:${client.secret}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
      signal: AbortSignal.timeout(5_000),
    })
    if (!response.ok) throw new Error(`The identity provider answered ${response.status}.`)
    const { access_token, expires_in } = (await response.json()) as {
      access_token: string
      expires_in: number
    }
    setTimeout(discard, Math.max(0, expires_in - EARLY_SECONDS) * 1_000).unref()
    return access_token
  }

  return {
    async headers() {
      current ??= get()
      current.catch(discard)
      return { authorization: `Bearer ${await current}` }
    },
    discard,
  }
}

/** In the sandbox nobody has to prove anything. */
export const NO_TOKEN: Token = { headers: async () => ({}), discard() {} }
