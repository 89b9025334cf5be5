import { readFileSync } from 'node:fs'
import { messageOf, StreamError } from '@rtp/stream-core/extend'

export type Environment = Readonly<Record<string, string | undefined>>

/** The value of a variable; of a secret, also what the file that `<variable>_FILE` names holds. An empty one counts as not set. */
export function readVariable(environment: Environment, name: string | undefined, secret: boolean): string | undefined {
  if (name === undefined) return undefined
  const value = nonEmpty(environment[name])
  const file = secret ? nonEmpty(environment[`${name}_FILE`]) : undefined
  if (file === undefined) return value
  if (value !== undefined) throw new StreamError('USAGE', `${name} and ${name}_FILE are both set: unset one of them.`)
  let content: string
  try {
    content = readFileSync(file, 'utf8').trim()
  } catch (cause) {
    throw new StreamError('USAGE', `${name}_FILE cannot be read: ${messageOf(cause)}.`, { cause })
  }
  if (content === '') throw new StreamError('USAGE', `${name}_FILE names ${file}, which is empty.`)
  return content
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text
}
