// What a call to an emulator looks like from inside, and how a control call is made of a shape and a handler.
import { z } from 'zod'

export interface Call {
  /** The parts of the path that the route names with a colon. */
  params: Record<string, string>
  query: URLSearchParams
  headers: Headers
  /** The body as it arrived. */
  bytes: Uint8Array
  /** The body as JSON; undefined where it is none. */
  body: unknown
}

export interface Answer {
  status: number
  body: unknown
}

/** The provider's API is answered from memory, so nothing is awaited and every call is one step. */
export type Handler = (call: Call) => Answer

/** A control call may wait: one that sends webhooks answers with what came back. */
export type ControlHandler = (call: Call) => Answer | Promise<Answer>

export interface Control {
  help: string
  handle: ControlHandler
}

/** A control call whose body has a shape; a body of another shape gets 400 and a sentence that says what is right. */
export function control<T>(
  help: string,
  schema: z.ZodType<T>,
  handle: (input: T, call: Call) => Answer | Promise<Answer>,
): Control {
  return {
    help,
    handle(call) {
      const input = schema.safeParse(call.body)
      return input.success
        ? handle(input.data, call)
        : { status: 400, body: { error: z.prettifyError(input.error), expected: help } }
    },
  }
}
