// GraphiQL, the page on which queries can be tried: what it begins with, and where it comes from.

export const FIRST_QUERY = `# Every customer, whatever the provider: may they go on, and whom are we waiting for?
query FirstLook {
  entities(first: 20) {
    nodes {
      externalId
      kind
      status
      waitingOn
      isVerified
      currentValidation { provider { id } reference providerStatus }
    }
  }
}
`

/** Imported when the page is first asked for: the module is 9 MB of text. */
export async function renderGraphiQL(options: object): Promise<string> {
  const { renderGraphiQL: render } = await import('@graphql-yoga/render-graphiql')
  return render(options)
}
