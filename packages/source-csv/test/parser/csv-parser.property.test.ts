import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { propertyRuns } from '../../../../runs.preset.ts'
import { text } from '../../src/columns/text.ts'
import type { BadRow } from '../../src/parser/bad-row.ts'
import { CsvParser } from '../../src/parser/csv-parser.ts'
import type { Dialect } from '../../src/parser/dialect.ts'
import { isUtf8 } from '../../src/parser/utf8.ts'
import { parseByReference } from './csv-parse-reference.ts'

const FIELDS = 2

/** A row with its fields, or a bad one with its line and bytes; and where reading goes on behind it. */
type Found = {
  readonly offset: number
  readonly next: { readonly offset: number; readonly line: number }
} & ({ readonly fields: readonly string[] } | { readonly line: number; readonly bytes: string })

describe('CsvParser', () => {
  it('finds the rows, bad rows, offsets and lines that csv-parse finds, whatever the block size', () => {
    fc.assert(
      fc.property(csvText(), dialects(), fc.integer({ min: 1, max: 40 }), (source, dialect, blockBytes) => {
        const written = spelled(source, dialect)
        const found = parseInBlocks(written, dialect, blockBytes)
        expect(found).toEqual(expected(written, dialect))
      }),
      { numRuns: propertyRuns() },
    )
  })

  it('finds the same however many rows are taken at once', () => {
    fc.assert(
      fc.property(
        csvText(),
        dialects(),
        fc.constantFrom(1, 7, 1000),
        fc.constantFrom(2, 3, 1000),
        (source, dialect, blockBytes, capacity) => {
          const written = spelled(source, dialect)
          const rows = parseInBlocks(written, dialect, blockBytes, { capacity })
          const wanted = expected(written, dialect)
          expect(rows.map(withoutNext)).toEqual(wanted.map(withoutNext))
          expect(rows.at(-1)?.next).toEqual(wanted.at(-1)?.next)
        },
      ),
      { numRuns: propertyRuns() },
    )
  })

  it('goes on behind any row as if it had never stopped', () => {
    fc.assert(
      fc.property(csvText(), dialects(), fc.integer({ min: 1, max: 40 }), (source, dialect, blockBytes) => {
        const written = spelled(source, dialect)
        const whole = parseInBlocks(written, dialect, blockBytes)
        for (const [i, { next }] of whole.entries()) {
          expect(parseInBlocks(written, dialect, blockBytes, { from: next })).toEqual(whole.slice(i + 1))
        }
      }),
      { numRuns: propertyRuns(250) },
    )
  })

  it('counts every byte to exactly one row or line end', () => {
    fc.assert(
      fc.property(csvText(), dialects(), (source, dialect) => {
        const written = spelled(source, dialect)
        let at = 0
        for (const { offset, next } of parseInBlocks(written, dialect, 1 + (written.length % 7))) {
          expect(written.slice(at, offset)).toMatch(/^[\r\n]*$/)
          expect(next.offset).toBeGreaterThan(offset)
          at = next.offset
        }
        expect(written.slice(at)).toMatch(/^[\r\n]*$/)
      }),
      { numRuns: propertyRuns() },
    )
  })
})

/** What csv-parse says, with the rules that are ours: UTF-8 and the number of fields. */
function expected(written: string, dialect: Dialect): Found[] {
  return parseByReference(written, dialect).map(({ offset, line, fields, bytes, next }) => {
    const raw = Buffer.from(bytes, 'latin1')
    const isGood = fields?.length === FIELDS && isUtf8(raw, 0, raw.length) && fields.every(field => field !== '')
    if (!isGood) return { offset, line, bytes, next }
    return { offset, fields: fields.map(field => Buffer.from(field, 'latin1').toString()), next }
  })
}

/**
 * Feeds the text in blocks and takes `capacity` rows at a time; of one, so that every position between two rows is seen. `next` is where
 * reading goes on behind all that was taken with the row.
 */
function parseInBlocks(
  written: string,
  dialect: Dialect,
  blockBytes: number,
  { from = { offset: 0, line: 1 }, capacity = 1 } = {},
): Found[] {
  const parser = new CsvParser<{ a: string; b: string }>(
    {
      dialect,
      fieldCount: FIELDS,
      columns: ['a', 'b'].map((name, field) => ({ name, header: name, field, decoder: text().decoder() })),
    },
    from.offset,
    from.line,
  )
  const bytes = Buffer.from(written, 'latin1')
  const found: Found[] = []
  let start = from.offset
  let end = start
  for (;;) {
    const into = {
      values: [] as { a: string; b: string }[],
      offsets: new Float64Array(capacity),
      badRows: [] as BadRow[],
    }
    // What lies behind `end` is not there yet: bytes that would change the outcome if the parser looked at them.
    const visible = Buffer.concat([bytes.subarray(0, end), Buffer.from('",\n"')])
    start = parser.read(visible, start, end, end === bytes.length, into)
    const next = { offset: parser.offset, line: parser.line }
    const taken: Found[] = into.badRows.map(({ offset, line, bytes }) => {
      return { offset, line, bytes: Buffer.from(bytes).toString('latin1'), next }
    })
    for (const [i, { a, b }] of into.values.entries()) taken.push({ offset: into.offsets[i]!, fields: [a, b], next })
    found.push(...taken.sort((one, other) => one.offset - other.offset))
    if (into.values.length > 0 || into.badRows.length > 0) continue
    if (end === bytes.length) return found
    end = Math.min(bytes.length, end + blockBytes)
  }
}

function withoutNext({ next: _, ...row }: Found): object {
  return row
}

/** Text made of what decides in CSV, with a comma for the delimiter and a double quote for the quote; characters are bytes. */
function csvText(): fc.Arbitrary<string> {
  const plain = fc.constantFrom(
    'a',
    'b7',
    ',',
    ',',
    '"',
    '""',
    '\n',
    '\r\n',
    '\r',
    ' ',
    'x,y\n',
    '"p,q"',
    '"m\r\nn"',
    'é',
    '\xc3',
  )
  const wellFormed = fc.constantFrom(
    'u,v\n',
    '"u",v\r\n',
    '"u""w",v\n',
    'u,"v\nw"\n',
    '"u\rv","w\r"\n',
    '"a""",\xc3\xa9\n',
    '\n',
    'too,many,fields\n',
  )
  return fc
    .array(fc.oneof({ weight: 2, arbitrary: plain }, { weight: 1, arbitrary: wellFormed }), { maxLength: 24 })
    .map(parts => parts.join(''))
}

function dialects(): fc.Arbitrary<Dialect> {
  return fc.record({
    delimiter: fc.constantFrom(44, 59, 9, 124),
    quote: fc.constantFrom(34, 34, 34, 39, -1),
    maxRowBytes: fc.constantFrom(6, 12, 1000),
    maxFieldBytes: fc.constant(1000),
  })
}

function spelled(source: string, { delimiter, quote }: Dialect): string {
  const written = source.replaceAll(',', String.fromCharCode(delimiter))
  return quote < 0 ? written : written.replaceAll('"', String.fromCharCode(quote))
}
