import { StreamError } from '../../errors.ts'

/** The type of an output's records: a value of no content, for the compiler alone. */
export interface OutputType<T> {
  readonly recordType?: T
}

export type OutputTypes = Readonly<Record<string, OutputType<unknown>>>
export type RecordOf<Type> = Type extends OutputType<infer T> ? T : never

/** Says what an output of a process function is made of: `{ emits: output<Total>(), sides: { alerts: output<Alert>() } }`. */
export function output<T>(): OutputType<T> {
  return {}
}

/** Names of the declared side outputs. Throws SIDE_OUTPUT_INVALID for one that is none. */
export function namesOf(sides: OutputTypes = {}): string[] {
  const names = Object.keys(sides)
  if (names.includes('')) {
    throw new StreamError('SIDE_OUTPUT_INVALID', 'a side output has an empty name in sides. Give it one.')
  }
  return names
}
