import type { FieldWriter } from '@rtp/kafka-protocol'
import { kafkaError } from '../errors.ts'
import type { JsonField } from './json-field.ts'
import { rawMembers, type Scan, startsWith } from './json-scan.ts'
import type { RecordFault } from './record-fault.ts'
import type { Decoder } from './serde.ts'
import { utf8Text } from './utf8.ts'

export type JsonShape = { readonly [name: string]: JsonField<unknown> }

/** The type of a value: `ValueOf<{ a: JsonField<number> }>` is `{ a: number }`. */
export type ValueOf<S extends JsonShape> = { [K in keyof S]: S[K] extends JsonField<infer T> ? T : never }

/**
 * Decodes objects of a declared shape straight from the bytes. A message that is written as JSON.stringify would (members in the declared
 * order, no white space, no escapes, plain numbers) is never made a text of; any other goes through JSON.parse, with the same result.
 */
export function shapeDecoder<S extends JsonShape>(shape: S): Decoder<ValueOf<S>> {
  const members = Object.entries(shape).map(([name, field]) => ({
    name,
    label: Buffer.from(`${JSON.stringify(name)}:`),
    isOptional: field.isOptional,
    reader: field.reader(),
  }))
  const template = Object.fromEntries(members.map(({ name }): [string, unknown] => [name, undefined]))
  const scan: Scan = { end: 0 }

  const scanned = (bytes: Buffer, start: number, end: number): Record<string, unknown> | undefined => {
    if (bytes[start] !== OPEN_BRACE) return undefined
    // A copy of the template has the shape from the start, so all values share one hidden class.
    const value = { ...template }
    let at = start + 1
    let isFirst = true
    for (let index = 0; index < members.length; index++) {
      const { name, label, isOptional, reader } = members[index]!
      let labelAt = at
      if (!isFirst) {
        if (bytes[at] !== COMMA) labelAt = end
        else labelAt = at + 1
      }
      if (!startsWith(bytes, labelAt, end, label)) {
        if (isOptional) continue
        return undefined
      }
      value[name] = reader.scan(bytes, labelAt + label.length, end, scan)
      if (scan.end < 0) return undefined
      at = scan.end
      isFirst = false
    }
    return at === end - 1 && bytes[at] === CLOSE_BRACE ? value : undefined
  }

  const parsed = (bytes: Buffer, start: number, end: number, fault: RecordFault): Record<string, unknown> => {
    const value = { ...template }
    const text = utf8Text(bytes, start, end, fault)
    if (fault.failed) return value
    const found = parseObject(text, fault)
    if (!found) return value
    let raw: Map<string, string> | undefined
    for (const { name, isOptional, reader } of members) {
      const member: unknown = Object.hasOwn(found, name) ? Reflect.get(found, name) : undefined
      if (isOptional && (member === undefined || member === null)) continue
      if (member === undefined) {
        fault.set('FIELD_MISSING', `field ${name} is missing`)
        continue
      }
      value[name] = reader.check(
        member,
        () => {
          raw ??= rawMembers(text)
          return raw.get(name)!
        },
        name,
        fault,
      )
    }
    return value
  }

  return {
    decode: (bytes, start, end, fault) =>
      (scanned(bytes, start, end) ?? parsed(bytes, start, end, fault)) as ValueOf<S>,
  }
}

function parseObject(text: string, fault: RecordFault): object | undefined {
  if (text.length === 0) {
    fault.set('EMPTY', 'the record has no content')
    return undefined
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    fault.set('NOT_JSON', 'the record is not JSON')
    return undefined
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  fault.set('SHAPE_INVALID', 'the record is not a JSON object')
  return undefined
}

/** Encodes objects of a declared shape into bytes, as JSON.stringify would write them with the members in the declared order. */
export function shapeEncoder<S extends JsonShape>(shape: S): FieldWriter<ValueOf<S>> {
  const members = Object.entries(shape).map(([name, field]) => ({
    name,
    label: Buffer.from(`${JSON.stringify(name)}:`),
    isOptional: field.isOptional,
    writer: field.writer(),
  }))
  return (value, bytes, start) => {
    const source = value as Record<string, unknown>
    let at = start
    if (at + 2 > bytes.length) return -1
    bytes[at++] = OPEN_BRACE
    for (let index = 0; index < members.length; index++) {
      const { name, label, isOptional, writer } = members[index]!
      const member = source[name]
      if (member === undefined || (member === null && isOptional)) {
        if (isOptional) continue
        throw kafkaError('KAFKA_VALUE_INVALID', `field ${name} is missing in a value to be written as JSON.`)
      }
      if (at + label.length + 2 > bytes.length) return -1
      if (at > start + 1) bytes[at++] = COMMA
      for (let character = 0; character < label.length; character++) bytes[at++] = label[character]!
      at = writer.write(member, bytes, at)
      if (at < 0) return -1
    }
    if (at + 1 > bytes.length) return -1
    bytes[at++] = CLOSE_BRACE
    return at
  }
}

const COMMA = 0x2c
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
