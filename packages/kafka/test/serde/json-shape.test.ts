import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { propertyRuns } from '../../../../runs.preset.ts'
import { json } from '../../src/serde/json.ts'
import { field } from '../../src/serde/json-field.ts'
import { RecordFault } from '../../src/serde/record-fault.ts'

const serde = json({
  sensor: field.integer(),
  value: field.number(),
  at: field.isoTime(),
  name: field.optional(field.text()),
  good: field.optional(field.boolean()),
  meta: field.optional(field.rawJson()),
  more: field.optional(field.json()),
})
type Reading = ReturnType<ReturnType<typeof serde.decoder>['decode']>
const decoder = serde.decoder()

/** What the message means by JSON.parse and the rules of each field; written without the decoder's own parts. */
function reference(message: Buffer): Reading | 'bad' {
  let found: Record<string, unknown>
  try {
    found = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(message))
  } catch {
    return 'bad'
  }
  if (typeof found !== 'object' || found === null || Array.isArray(found)) return 'bad'
  const { sensor, value, at, name, good, meta, more } = found
  if (!Number.isSafeInteger(sensor) || !Number.isFinite(value)) return 'bad'
  if (typeof at !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)$/i.test(at))
    return 'bad'
  const time = Date.parse(
    at
      .toUpperCase()
      .replace(/([+-]\d\d)(\d\d)$/, '$1:$2')
      .replace(/(\.\d{3})\d+/, '$1'),
  )
  // Date.parse takes 31 February and 24:00 for the day after.
  if (Number.isNaN(time) || new Date(`${at.slice(0, 10)}T00:00:00Z`).toISOString().slice(0, 10) !== at.slice(0, 10))
    return 'bad'
  if (at.slice(11, 13) === '24') return 'bad'
  if (name !== undefined && name !== null && typeof name !== 'string') return 'bad'
  if (good !== undefined && good !== null && typeof good !== 'boolean') return 'bad'
  return {
    sensor: sensor as number,
    value: value as number,
    at: time,
    name: (name ?? undefined) as string | undefined,
    good: (good ?? undefined) as boolean | undefined,
    meta: (meta ?? undefined) as string | undefined,
    more: more ?? undefined,
  }
}

function decode(message: Buffer): Reading | 'bad' {
  const fault = new RecordFault()
  // In the middle of other bytes, as in a fetched batch: a decoder that reads on would notice digits and quotes there.
  const surrounded = Buffer.concat([Buffer.from('"1'), message, Buffer.from('1"}]')])
  const value = decoder.decode(surrounded, 2, 2 + message.length, fault)
  return fault.failed ? 'bad' : value
}

function expectSame(message: Buffer): void {
  const wanted = reference(message)
  const found = decode(message)
  if (wanted === 'bad' || found === 'bad') expect(found).toBe(wanted)
  else {
    const meta: unknown = found.meta === undefined ? undefined : JSON.parse(found.meta)
    expect({ ...found, meta }).toStrictEqual(wanted)
    if (found.meta !== undefined) expect(message.toString()).toContain(found.meta)
  }
}

const numberText = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.integer().map(String),
  fc.maxSafeInteger().map(String),
  fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n }).map(String),
  fc.tuple(fc.integer(), fc.nat(99_999)).map(([whole, part]) => `${whole}.${part}`),
  fc.constantFrom(
    '-0',
    '0',
    '-0.0',
    '01',
    '-',
    '1.',
    '.5',
    '1e3',
    '1E-3',
    '1e999',
    '123456789012345',
    '1234567890123456',
    '0.000000000000001',
    '9007199254740991',
    '9007199254740992',
    '9007199254740993',
    'null',
    '"1"',
    '+1',
    'NaN',
  ),
)
const timeText = fc.oneof(
  fc
    .integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 })
    .map(time => JSON.stringify(new Date(time).toISOString())),
  fc.constantFrom(
    '"2025-01-01T00:00:00Z"',
    '"2025-02-29T00:00:00.000Z"',
    '"2024-02-29T23:59:59.999Z"',
    '"2025-01-01T24:00:00.000Z"',
    '"2025-01-01T00:60:00.000Z"',
    '"2025-01-01T00:00:00.000"',
    '"2025-01-01T00:00:00.123456789+02:00"',
    '"2025-01-01T00:00:00.5-0330"',
    '"2025-01-01 00:00:00.000Z"',
    '"2025-13-01T00:00:00.000Z"',
    '"2025-00-10T00:00:00.000Z"',
    '1735689600000',
    'null',
  ),
)
const anyJson = fc.oneof(
  fc.json({ maxDepth: 3 }),
  fc.constantFrom(
    '{"src":"csv","ver":1}',
    '{}',
    '[]',
    '[1,]',
    '{"a":}',
    '{"a" : 1}',
    '"\\u0041"',
    '"ä"',
    'nul',
    'true',
    '[[[[[[[[[[1]]]]]]]]]]',
    '{"a":"}"}',
    '1.0',
    '{"b":1,"a":2,"b":3}',
  ),
)
const member = fc.oneof(
  fc.tuple(fc.constant('sensor'), numberText),
  fc.tuple(fc.constant('value'), numberText),
  fc.tuple(fc.constant('at'), timeText),
  fc.tuple(
    fc.constant('name'),
    fc.oneof(
      fc.string().map(text => JSON.stringify(text)),
      anyJson,
    ),
  ),
  fc.tuple(fc.constant('good'), fc.constantFrom('true', 'false', 'null', '"true"', 'tru')),
  fc.tuple(fc.constantFrom('meta', 'more', 'other'), anyJson),
)
const space = fc.constantFrom('', '', '', '', '', ' ', '\n\t')

const likely = fc
  .record({
    sensor: fc.oneof({ weight: 5, arbitrary: fc.maxSafeInteger().map(String) }, numberText),
    value: fc.oneof(
      { weight: 5, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }).map(String) },
      numberText,
    ),
    at: timeText,
    others: fc.array(member, { maxLength: 3 }),
    space,
  })
  .map(({ sensor, value, at, others, space }) =>
    Buffer.from(
      `{${[['sensor', sensor], ['value', value], ['at', at], ...others].map(([name, text]) => `"${name}":${space}${text}`).join(',')}}`,
    ),
  )
const anyOrder = fc
  .tuple(fc.array(member, { maxLength: 9 }), space, space)
  .map(([members, before, behind]) =>
    Buffer.from(
      `${before}{${members.map(([name, text]) => `"${name}"${behind}:${text}`).join(`,${before}`)}}${behind}`,
    ),
  )

describe('a JSON decoder for a shape', () => {
  it('gives what JSON.parse gives, for messages as they are usually written', () => {
    fc.assert(fc.property(likely, expectSame), { numRuns: propertyRuns(2_000) })
  })

  it('gives what JSON.parse gives, with members in any order, missing, repeated, unknown, and with white space', () => {
    fc.assert(fc.property(anyOrder, expectSame), { numRuns: propertyRuns(2_000) })
  })

  it('gives what JSON.parse gives for messages with damaged bytes', () => {
    fc.assert(
      fc.property(
        likely,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 }),
        fc.nat(),
        (message, changes, cut) => {
          const damaged = Buffer.from(message)
          for (const [at, byte] of changes) damaged[at % damaged.length] = byte
          expectSame(damaged)
          expectSame(message.subarray(0, cut % message.length))
        },
      ),
      { numRuns: propertyRuns(2_000) },
    )
  })

  it('gives objects of one shape, optional members included', () => {
    const short = decode(Buffer.from('{"sensor":1,"value":2,"at":"2025-01-01T00:00:00.000Z"}'))
    expect(Object.keys(short)).toEqual(['sensor', 'value', 'at', 'name', 'good', 'meta', 'more'])
  })

  it.each([
    ['', 'EMPTY'],
    ['hello', 'NOT_JSON'],
    ['[1]', 'SHAPE_INVALID'],
    ['null', 'SHAPE_INVALID'],
    ['{"value":1}', 'FIELD_MISSING'],
    ['{"sensor":1.5,"value":1,"at":"2025-01-01T00:00:00Z"}', 'INTEGER_INVALID'],
    ['{"sensor":1,"value":"1","at":"2025-01-01T00:00:00Z"}', 'NUMBER_INVALID'],
    ['{"sensor":1,"value":1e999,"at":"2025-01-01T00:00:00Z"}', 'NUMBER_INVALID'],
    ['{"sensor":1,"value":1,"at":"yesterday"}', 'TIMESTAMP_INVALID'],
    ['{"sensor":1,"value":1,"at":"2025-01-01T00:00:00Z","name":7}', 'TEXT_INVALID'],
    ['{"sensor":1,"value":1,"at":"2025-01-01T00:00:00Z","good":0}', 'BOOLEAN_INVALID'],
  ])('rejects %s with %s', (message, reason) => {
    const fault = new RecordFault()
    decoder.decode(Buffer.from(message), 0, message.length, fault)
    expect(fault.reason).toBe(reason)
    expect(fault.failed).toBe(true)
  })

  it('rejects invalid UTF-8 instead of replacing it', () => {
    const fault = new RecordFault()
    const message = Buffer.from('{"sensor":1,"value":1,"at":"2025-01-01T00:00:00Z","name":"?"}')
    message[message.indexOf('?')] = 0xff
    decoder.decode(message, 0, message.length, fault)
    expect(fault.reason).toBe('NOT_UTF8')
  })
})

describe('a JSON encoder for a shape', () => {
  const write = serde.encoder()
  const value: fc.Arbitrary<Reading> = fc.record({
    sensor: fc.maxSafeInteger(),
    value: fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer().map(thousandths => thousandths / 1_000),
      fc.integer({ min: -999, max: 999 }).map(thousandths => thousandths / 1_000),
    ),
    at: fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 }),
    name: fc.oneof(fc.string({ unit: 'binary' }), fc.constant('"\\\n'), fc.constant('\ud800'), fc.constant(undefined)),
    good: fc.oneof(fc.boolean(), fc.constant(undefined)),
    meta: fc.oneof(fc.json(), fc.constant(undefined)),
    more: fc.oneof(
      fc.jsonValue().filter(more => more !== null),
      fc.constant(undefined),
    ),
  })

  it('writes what JSON.stringify writes', () => {
    fc.assert(
      fc.property(value, reading => {
        const { meta, ...rest } = reading
        const bytes = Buffer.alloc(10_000)
        const end = write(reading, bytes, 5)
        const written = { ...rest, at: new Date(reading.at).toISOString() }
        const parts = JSON.stringify(meta === undefined ? written : { ...written, meta: '\u0000' })
        const { more, ...head } = written
        const wanted =
          meta === undefined
            ? parts
            : `${JSON.stringify(head).slice(0, -1)},"meta":${meta}${more === undefined ? '' : `,"more":${JSON.stringify(more)}`}}`
        expect(bytes.toString('utf8', 5, end)).toBe(wanted)
      }),
      { numRuns: propertyRuns() },
    )
  })

  it('writes nothing beyond the room there is, and says so', () => {
    fc.assert(
      fc.property(value, reading => {
        const large = Buffer.alloc(10_000)
        const size = write(reading, large, 0)
        for (const room of [0, 1, 2, 20, size - 1]) {
          if (room >= size) continue
          expect(write(reading, Buffer.alloc(room), 0)).toBe(-1)
        }
        const exact = Buffer.alloc(size)
        expect(write(reading, exact, 0)).toBe(size)
        expect(exact).toEqual(large.subarray(0, size))
      }),
      { numRuns: propertyRuns(300) },
    )
  })

  it('refuses what JSON cannot hold, by code', () => {
    const reading: Reading = {
      sensor: 1,
      value: 2,
      at: 3,
      name: undefined,
      good: undefined,
      meta: undefined,
      more: undefined,
    }
    const refused = expect.objectContaining({ code: 'KAFKA_VALUE_INVALID' })
    const bytes = Buffer.alloc(1_000)
    expect(() => write({ ...reading, value: Number.NaN }, bytes, 0)).toThrow(refused)
    expect(() => write({ ...reading, sensor: 1.5 }, bytes, 0)).toThrow(refused)
    expect(() => write({ ...reading, at: Number.POSITIVE_INFINITY }, bytes, 0)).toThrow(refused)
    expect(() => json().encoder()(undefined, bytes, 0)).toThrow(refused)
  })
})
