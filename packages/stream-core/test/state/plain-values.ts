import fc from 'fast-check'

/** Any value that state may hold: text with lone surrogates, -0, NaN, bytes, dates, maps, sets and fields of any name among them. */
export function plainValues(): fc.Arbitrary<unknown> {
  return fc.letrec<{ value: unknown }>(tie => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.oneof(
        fc.constantFrom(
          undefined,
          null,
          true,
          false,
          0,
          -0,
          Number.NaN,
          Number.POSITIVE_INFINITY,
          2 ** 53 - 1,
          2 ** 53,
        ),
        fc.integer(),
        fc.double(),
        fc.bigInt(),
        anyText(),
        fc.date({ noInvalidDate: false }),
        fc.uint8Array(),
      ),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 3 }).map(entries => new Map(entries)),
      fc.array(tie('value'), { maxLength: 4 }).map(items => new Set(items)),
      fc.array(fc.tuple(fieldNames(), tie('value')), { maxLength: 4 }).map(plainObject),
    ),
  })).value
}

/** What a value is, spelled out: types, the order of entries, -0 and NaN, units of text. */
export function spelledOut(value: unknown): string {
  if (typeof value === 'string') return `text ${Array.from({ length: value.length }, (_, i) => value.charCodeAt(i))}`
  if (typeof value !== 'object' || value === null)
    return `${typeof value} ${Object.is(value, -0) ? '-0' : String(value)}`
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Date.prototype) return `date ${(value as Date).getTime()}`
  if (value instanceof Uint8Array) return `bytes ${value}`
  if (prototype === Array.prototype) return `list ${items(value as unknown[])}`
  if (prototype === Set.prototype) return `set ${items([...(value as Set<unknown>)])}`
  if (prototype === Map.prototype) return `map ${items([...(value as Map<unknown, unknown>)].flat())}`
  return `${prototype === Object.prototype ? 'object' : 'something'} ${items(Object.entries(value).flat())}`
}

function items(list: readonly unknown[]): string {
  return `[${list.map(spelledOut).join('; ')}]`
}

/** Any string of UTF-16 units, well formed or not. */
export function anyText(): fc.Arbitrary<string> {
  const units = fc.oneof(
    fc.integer({ min: 0, max: 0x7f }),
    fc.integer({ min: 0, max: 0xffff }),
    fc.integer({ min: 0xd7f0, max: 0xe010 }),
  )
  return fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(units, { maxLength: 30 }).map(codes => String.fromCharCode(...codes)),
  )
}

function fieldNames(): fc.Arbitrary<string> {
  return fc.oneof(fc.constantFrom('__proto__', 'constructor', 'toString', '', '0'), anyText())
}

function plainObject(fields: readonly (readonly [string, unknown])[]): object {
  const object = {}
  for (const [name, value] of fields)
    Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true })
  return object
}
