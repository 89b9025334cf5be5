/** Says what is wrong with a value in words that follow its name; undefined when nothing is. */
export type FieldCheck = (value: unknown) => string | undefined

export function integer(least: number, most: number): FieldCheck {
  return value =>
    Number.isSafeInteger(value) && within(value, least, most)
      ? undefined
      : `must be a whole number from ${least} to ${most}`
}

export function number(least: number, most: number): FieldCheck {
  return value => (within(value, least, most) ? undefined : `must be a number from ${least} to ${most}`)
}

export function text(shortest: number, longest: number): FieldCheck {
  return value =>
    typeof value === 'string' && value.length >= shortest && value.length <= longest
      ? undefined
      : `must be a text of ${shortest} to ${longest} characters`
}

export function oneOf(...values: readonly string[]): FieldCheck {
  return value => (typeof value === 'string' && values.includes(value) ? undefined : `must be ${values.join(' or ')}`)
}

/** Kafka's rule for topic names, less the five characters that `<topic>.dead` adds: org.apache.kafka.common.internals.Topic. */
export function checkTopic(value: unknown): string | undefined {
  return typeof value === 'string' && /^[A-Za-z0-9._-]{1,244}$/.test(value) && value !== '.' && value !== '..'
    ? undefined
    : 'must be a topic name: 1 to 244 of the characters a-z, A-Z, 0-9, dot, underscore and hyphen'
}

function within(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && value >= least && value <= most
}
