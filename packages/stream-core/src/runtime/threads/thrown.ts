import { type Place, StreamError } from '../../errors.ts'

/** An error as plain data: what crosses from a thread to another keeps neither its class nor its own fields. */
export interface ThrownData {
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  readonly code: string | undefined
  /** Of a StreamError; undefined of others. */
  readonly retryable: boolean | undefined
  readonly place: Place | undefined
  readonly cause: ThrownData | undefined
}

/** Anything that was thrown, as data. */
export function toThrown(thrown: unknown, depth = 0): ThrownData {
  if (!(thrown instanceof Error)) {
    return { ...NOTHING, name: 'Error', message: String(thrown) }
  }
  const { name, message, stack, cause } = thrown
  const { code, retryable, place } = thrown as Partial<StreamError>
  return {
    name,
    message,
    stack,
    code: typeof code === 'string' ? code : undefined,
    retryable: typeof retryable === 'boolean' ? retryable : undefined,
    place: typeof retryable === 'boolean' ? { ...place } : undefined,
    cause: cause === undefined || depth === CAUSES ? undefined : toThrown(cause, depth + 1),
  }
}

/** The error again, on the other side. `thread` becomes part of its place. */
export function fromThrown(data: ThrownData, thread?: number): Error {
  const { name, message, stack, code, retryable, place } = data
  const options = data.cause === undefined ? {} : { cause: fromThrown(data.cause) }
  let error: Error
  if (code !== undefined && retryable !== undefined) {
    const text = message.startsWith(`${code}: `) ? message.slice(code.length + 2) : message
    const where = thread === undefined ? { ...place } : { ...place, thread }
    error = new StreamError(code, text, { ...options, retryable, place: where })
  } else {
    error = new Error(message, options)
    error.name = name
    if (code !== undefined) Object.assign(error, { code })
  }
  // Where it was thrown, not where it was made again.
  if (stack !== undefined) error.stack = stack
  return error
}

const NOTHING = { stack: undefined, code: undefined, retryable: undefined, place: undefined, cause: undefined }
/** Causes of causes that are kept; a chain may be a circle. */
const CAUSES = 8
