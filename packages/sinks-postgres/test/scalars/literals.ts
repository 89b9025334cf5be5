import fc from 'fast-check'
import type { ScalarName } from '../../src/scalars/scalar.ts'

/** A value as a record holds it, and the same value written down for PostgreSQL by another way than the encoder's. */
export interface Sample {
  readonly value: unknown
  readonly literal: string
}

/** How a literal becomes a value in SQL. */
export const CASTS: Readonly<Record<ScalarName, (literal: string) => string>> = {
  bool: literal => `(${literal})::bool`,
  int2: literal => `(${literal})::int2`,
  int4: literal => `(${literal})::int4`,
  int8: literal => `(${literal})::int8`,
  float4: literal => `(${literal})::float4`,
  float8: literal => `(${literal})::float8`,
  numeric: literal => `(${literal})::numeric`,
  text: literal => `(${literal})::text`,
  varchar: literal => `(${literal})::varchar`,
  bytea: literal => `(${literal})::bytea`,
  uuid: literal => `(${literal})::uuid`,
  date: literal => `(date '2000-01-01' + (${literal})::int)`,
  timestamp: literal => `(timestamp '2000-01-01' + (${literal})::interval)`,
  timestamptz: literal => `(timestamptz '2000-01-01 00:00+00' + (${literal})::interval)`,
  json: literal => `(${literal})::json`,
  jsonb: literal => `(${literal})::jsonb`,
}

const plain = <T>(values: fc.Arbitrary<T>, literal: (value: T) => string = String): fc.Arbitrary<Sample> =>
  values.map(value => ({ value, literal: literal(value) }))

const integers = (bits: number) => {
  const max = 2n ** BigInt(bits - 1) - 1n
  const edges = fc.constantFrom(max, -max - 1n, 0n)
  const bigints = fc.oneof(fc.bigInt({ min: -max - 1n, max }), edges)
  const numbers = fc.maxSafeInteger().filter(value => BigInt.asIntN(bits, BigInt(value)) === BigInt(value))
  const small = fc.integer({ min: -32_768, max: 32_767 })
  return fc.oneof(plain(bigints), plain<number>(bits > 32 ? fc.oneof(numbers, small) : small))
}

const floatText = (value: number) => (Object.is(value, -0) ? '-0' : String(value))

const words = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: fc.constantFrom('\\', '\t', '\n', '\r', '"', "'", ',', '{', '}', 'N', ' ', 'é'), maxLength: 40 }),
  fc.constantFrom('', 'NULL', '\\N', '\\.', 'x'.repeat(25)),
)
const texts = words.filter(text => !text.includes('\0'))

const decimals = fc.tuple(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), fc.nat(45)).map(([digits, scale]) => {
  const text = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, '0')
  const shown = scale === 0 ? text : `${text.slice(0, -scale)}.${text.slice(-scale)}`
  return digits < 0n ? `-${shown}` : shown
})

/** Any instant that timestamps can hold, in ms; and near ones with eighths of a millisecond, which doubles hold exactly. */
const instants = fc.oneof(
  fc.integer({ min: -210_866_803_200_000, max: 8.64e15 }),
  fc.integer({ min: -2e12, max: 4e12 }),
  fc.integer({ min: -1e12 * 8, max: 2e12 * 8 }).map(eighths => eighths / 8),
)
const microseconds = (ms: number) =>
  `${BigInt(Math.floor(ms) - 946_684_800_000) * 1000n + BigInt((((ms % 1) + 1) % 1) * 1000)} microseconds`
const times = fc.oneof(
  plain(instants, microseconds),
  instants
    .filter(ms => Number.isInteger(ms) && Math.abs(ms) <= 8.64e15)
    .map(ms => ({ value: new Date(ms), literal: microseconds(ms) })),
)

const json = fc
  .jsonValue({ stringUnit: 'grapheme' })
  .filter(value => value !== null)
  .map(value => ({ value, literal: JSON.stringify(value) }))

export const SAMPLES: Readonly<Record<ScalarName, fc.Arbitrary<Sample>>> = {
  bool: plain(fc.boolean()),
  int2: integers(16),
  int4: integers(32),
  int8: integers(64),
  float4: plain(fc.float(), floatText),
  float8: plain(fc.double(), floatText),
  numeric: fc.oneof(
    plain(decimals),
    plain(fc.double({ noDefaultInfinity: true })),
    plain(fc.bigInt({ min: -(10n ** 60n), max: 10n ** 60n })),
  ),
  text: plain(texts),
  varchar: plain(texts),
  bytea: plain(fc.uint8Array({ maxLength: 50 }), bytes => `\\x${Buffer.from(bytes).toString('hex')}`),
  uuid: fc.oneof(
    plain(fc.uuid()),
    fc.uuid().map(literal => ({ value: Buffer.from(literal.replaceAll('-', ''), 'hex'), literal })),
    fc.uuid().map(literal => ({ value: literal.replaceAll('-', '').toUpperCase(), literal })),
  ),
  date: fc
    .integer({ min: -2_451_545, max: 90_000_000 })
    .map(days => ({ value: days * 86_400_000 + 946_684_800_000, literal: String(days) })),
  timestamp: times,
  timestamptz: times,
  json,
  jsonb: json,
}
