/** What a message says. */
export interface Reading {
  readonly sensor: number
  readonly value: number
  /** Epoch milliseconds. */
  readonly at: number
  readonly note: string
}

/** A message in every form that a client may be given, so that none has to make it on its own time. */
export interface Message {
  readonly key: string
  readonly text: string
  readonly bytes: Buffer
  readonly reading: Reading
}

export const MESSAGE_BYTES = 90
export const KEYS = 200
export const PARTITIONS = 4

/** Messages of 90 bytes; a hundredth of `count` is different, and they come again, so that memory holds more than these. */
export function makeMessages(count: number): Message[] {
  const different = Array.from({ length: Math.max(1_000, count / 100) }, (_, i) => makeMessage(i))
  return Array.from({ length: count }, (_, i) => different[i % different.length]!)
}

/** Something of every message, to show that all have been seen. */
export function checksumOf({ sensor, value, at, note }: Reading): number {
  return sensor + Math.round(value * 1000) + (at % 1_000_000) + note.length
}

function makeMessage(i: number): Message {
  const reading = {
    sensor: (i * 7919) % KEYS,
    value: ((i * 104_729) % 40_000) / 1000,
    at: Date.UTC(2026, 0, 1) + i * 137,
    note: '',
  }
  const note = 'x'.repeat(MESSAGE_BYTES - textOf(reading).length)
  const text = textOf({ ...reading, note })
  return { key: `sensor-${reading.sensor}`, text, bytes: Buffer.from(text), reading: { ...reading, note } }
}

function textOf(reading: Reading): string {
  return JSON.stringify({ ...reading, at: new Date(reading.at).toISOString() })
}
