// The part of curl's command line that the documentation uses, so that its commands run without curl.
import { expect } from 'vitest'

/** With -N: the first event of a stream, which is then left. With -i any status is an answer. */
export async function curl(command: string): Promise<{ status: number; body: unknown; mode: string }> {
  const words = [...command.replaceAll('\\\n', ' ').matchAll(/'([^']*)'|(\S+)/g)]
  const [program, mode = '', ...rest] = words.map(([, quoted, plain]) => quoted ?? plain ?? '')
  expect([program, mode]).toEqual(['curl', expect.stringMatching(/^-[sNi]$/)])
  let url = ''
  const request: { method?: string; body?: string; headers: Record<string, string> } = { headers: {} }
  for (let word = 0; word < rest.length; word++) {
    const [option = '', value = ''] = rest.slice(word)
    if (option.startsWith('http')) {
      url = option
      continue
    }
    if (option === '-X') request.method = value
    else if (option === '-d') request.body = value
    else if (option === '-H') request.headers[value.split(': ')[0] ?? ''] = value.split(': ')[1] ?? ''
    else throw new Error(`an option of curl that is not known here: ${option}`)
    word++
  }
  const method = request.method ?? (request.body === undefined ? 'GET' : 'POST')
  const response = await fetch(url, { ...request, method })
  const body = mode === '-N' ? await firstEvent(response) : await bodyOf(response)
  return { status: response.status, body, mode }
}

/** What the first event of a stream holds; the stream is then left. */
export async function firstEvent(response: Response): Promise<unknown> {
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/)
  let text = ''
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk
    const data = /^event: next\n(?:id: .*\n)?data: (.*)\n\n/m.exec(text)?.[1]
    if (data !== undefined) return JSON.parse(data)
  }
  throw new Error('the stream ended without an event')
}

async function bodyOf(response: Response): Promise<unknown> {
  const isJson = response.headers.get('content-type')?.includes('json')
  return isJson ? response.json() : response.text()
}
