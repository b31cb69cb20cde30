// Asks for a trusted document: its id goes to the gateway, its variables, and no text.
import type { TypedDocumentString } from './gen/graphql.ts'

const { GATEWAY_URL = 'http://localhost:4000/graphql', GATEWAY_KEY } = process.env

interface Answer<Result> {
  data: Result
  errors?: { message: string; extensions: { code: string } }[]
}

export async function ask<Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
): Promise<Result> {
  const response = await fetch(GATEWAY_URL, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(GATEWAY_KEY && { authorization: `Bearer ${GATEWAY_KEY}` }),
    },
    body: JSON.stringify({ documentId: document.__meta__?.documentId, variables }),
  })
  const { data, errors } = (await response.json()) as Answer<Result>
  if (errors?.[0]) throw new Error(`${errors[0].extensions.code}: ${errors[0].message}`)
  return data
}
