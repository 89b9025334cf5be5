import { inspect } from 'node:util'
import { StreamError } from '@rtp/stream-core/extend'
import { expect, test } from 'vitest'
import { BinaryEncoder } from '../../src/copy/binary-encoder.ts'
import { TextEncoder } from '../../src/copy/text-encoder.ts'
import {
  arrayOf,
  bool,
  bytea,
  type Column,
  date,
  float4,
  float8,
  int2,
  int4,
  int8,
  json,
  jsonb,
  numeric,
  recordOffset,
  text,
  timestamp,
  timestamptz,
  uuid,
  varchar,
} from '../../src/index.ts'
import { batchOf, madeBatch } from '../records.ts'

const from = (value: unknown) => value as never
const circular: Record<string, unknown> = {}
circular['self'] = circular

test.each<[string, Column<unknown>, unknown, string]>([
  ['bool', bool(from), 'yes', 'takes a boolean, got a string'],
  ['int2', int2(from), 32_768, 'takes int2, got a whole number outside -32768..32767'],
  ['int4', int4(from), -2_147_483_649, 'takes int4, got a whole number outside -2147483648..2147483647'],
  ['int4', int4(from), 1.5, 'takes int4 (a whole number or bigint), got a number with a fraction'],
  ['int4', int4(from), Number.NaN, 'got NaN'],
  ['int8', int8(from), 2 ** 53, 'may have lost digits already: give such values as bigint'],
  ['int8', int8(from), 1n << 63n, 'got a bigint outside its 64 bits'],
  ['int8', int8(from), '17', 'takes int8 (a whole number or bigint), got a string'],
  ['float4', float4(from), 1e39, 'takes float4, got a number beyond 3.4e38'],
  ['float8', float8(from), '1.5', 'takes a number, got a string'],
  ['float8', float8(from), 1n, 'takes a number, got a bigint'],
  ['numeric', numeric(from), '1,5', 'takes a decimal number'],
  ['numeric', numeric(from), '1e200000', 'takes numeric, got more than 131072 digits before'],
  ['text', text(from), 5, 'takes a string, got a whole number'],
  ['text', text(from), 'a\0b', 'cannot hold a NUL character'],
  ['text', text(from), 'x\ud800', 'cannot hold half a surrogate pair'],
  ['bytea', bytea(from), 'text', 'takes a Uint8Array, got a string'],
  ['uuid', uuid(from), '00000000-0000-0000-0000-00000000000g', 'takes a uuid: 32 hexadecimal digits'],
  ['uuid', uuid(from), '0000000000-000000-0000-0000-00000000', 'takes a uuid'],
  ['uuid', uuid(from), new Uint8Array(15), 'takes a uuid of 16 bytes, got 15'],
  ['date', date(from), '2023-02-29', 'a day that the calendar does not have'],
  ['date', date(from), new Date(Number.NaN), 'takes a date, got an invalid Date'],
  ['timestamptz', timestamptz(from), Number.NaN, 'takes a time, got NaN'],
  ['timestamptz', timestamptz(from), -2.2e14, 'got a time outside 4714-11-24 BC .. 294276-12-31'],
  ['timestamp', timestamp(from), '2024-01-01', 'takes epoch milliseconds or a Date, got a string'],
  ['json', json(from), circular, 'cannot be written as JSON: Converting circular structure to JSON'],
  ['json', json(from), () => 1, 'takes what JSON can hold, got a function'],
  ['jsonb', jsonb(from), { a: 1n }, 'cannot be written as JSON'],
  ['jsonb', jsonb(from), { a: 'b\0' }, 'cannot hold \\u0000'],
  ['jsonb', jsonb(from), ['\udc00'], 'cannot hold half a surrogate pair'],
  ['jsonb, raw', jsonb(from, { raw: true }), '"\\ud83d\\u0041"', 'cannot hold half a surrogate pair'],
  ['jsonb, raw', jsonb(from, { raw: true }), { a: 1 }, 'takes JSON text or bytes, got an object'],
  ['int4[]', arrayOf('int4', from), [1, null, 'x'], 'element 2 takes int4 (a whole number or bigint), got a string'],
  ['int4[]', arrayOf('int4', from), 5, 'takes an array of int4, got a whole number'],
])('refuses for %s what does not fit, in both forms, and names the place', (_, column, value, says) => {
  for (const Encoder of [BinaryEncoder, TextEncoder]) {
    const encoder = new Encoder<unknown>('telemetry.t', [{ name: 'c', column }])
    const write = () => encoder.write(batchOf([null, undefined, value], { offset: 7 }))
    expect(write).toThrow(StreamError)
    expect(write).toThrow(`POSTGRES_VALUE_INVALID: column "c" of telemetry.t ${says}`.slice(0, 50))
    expect(write).toThrow(says)
    expect(write).toThrow('record at telemetry.v0/3 offset 9')
    expect(write).toThrow(
      expect.objectContaining({ place: { partition: 'telemetry.v0/3', offset: 9 }, retryable: false }),
    )
  }
})

test.each([
  ['a pair in escapes', '"\\ud83d\\ude00"'],
  ['an escaped backslash before what looks like an escape', '"\\\\u0000 \\\\\\\\ud800"'],
  ['an escape of its own', '"\\u0041"'],
])('takes raw jsonb with %s', (_, raw) => {
  const encoder = new BinaryEncoder<string>('t', [{ name: 'c', column: jsonb(r => r, { raw: true }) }])
  encoder.write(batchOf([raw]))
  const [bytes] = encoder.seal().buffers
  expect(bytes?.includes(raw)).toBe(true)
})

test('refuses more characters than varchar(n) takes, counted as PostgreSQL counts', () => {
  const encoder = new BinaryEncoder<string>('t', [{ name: 'c', column: varchar(r => r), maxLength: 3 }])
  encoder.write(batchOf(['abc', '😀😀😀']))
  expect(() => encoder.write(batchOf(['😀😀😀😀']))).toThrow('takes at most 3 characters, got 4')
})

test('never repeats a value in an error', () => {
  const columns = [
    text(from),
    int8(from),
    uuid(from),
    jsonb(from, { raw: true }),
    numeric(from),
    timestamptz(from),
    date(from),
  ]
  for (const column of columns) {
    const encoder = new BinaryEncoder<unknown>('t', [{ name: 'c', column }])
    let error: unknown
    try {
      encoder.write(batchOf(['geheim\0']))
    } catch (cause) {
      error = cause
    }
    expect(error).toBeInstanceOf(StreamError)
    expect(inspect(error, { depth: 10 })).not.toContain('geheim')
  }
})

test('names the record for which the function of a column throws, and keeps what it threw', () => {
  const cause = new TypeError('no such field')
  const column = int8<number>(n => {
    if (n === 2) throw cause
    return n
  })
  const encoder = new BinaryEncoder<number>('t', [{ name: 'c', column }])
  expect(() => encoder.write(batchOf([1, 2, 3], { offset: 5 }))).toThrow(
    expect.objectContaining({ code: 'USER_FUNCTION_FAILED', cause, place: { partition: 'telemetry.v0/3', offset: 6 } }),
  )
  expect(() => encoder.write(madeBatch([2]))).toThrow('for a record that an operator made: no such field')
})

test('adds nothing of a batch that it refuses', () => {
  const encoder = new BinaryEncoder<number>('t', [
    { name: 'a', column: int8(n => n) },
    { name: 'b', column: int2(n => n) },
    { name: 'o', column: int8(recordOffset) },
  ])
  encoder.write(batchOf([1, 2]))
  const { bytes } = encoder
  expect(() => encoder.write(batchOf([3, 99_999]))).toThrow('POSTGRES_VALUE_INVALID')
  expect(encoder.bytes).toBe(bytes)
})

test('encodes the same bytes however rows are cut into batches', () => {
  const values = Array.from({ length: 2_000 }, (_, i) => (i % 7 === 0 ? null : i))
  const bytesOf = (size: number) => {
    const encoder = new BinaryEncoder<number | null>(
      't',
      [
        { name: 'a', column: int8(n => n) },
        { name: 't', column: text(n => (n === null ? null : `row ${n}`)) },
      ],
      1_000,
    )
    for (let from = 0; from < values.length; from += size) encoder.write(batchOf(values.slice(from, from + size)))
    return Buffer.concat(encoder.seal().buffers)
  }
  const whole = bytesOf(values.length)
  for (const size of [1, 7, 256]) expect(bytesOf(size).equals(whole)).toBe(true)
})
