import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { propertyRuns } from '../../../../runs.preset.ts'
import { arrayOf, asText, type Column, int4 } from '../../src/index.ts'
import type { ScalarName } from '../../src/scalars/scalar.ts'
import { testDatabase } from '../database.ts'
import { batchOf, sinkContext } from '../records.ts'
import { CASTS, SAMPLES, type Sample } from '../scalars/literals.ts'

const NAMES = Object.keys(SAMPLES) as ScalarName[]

interface Row {
  readonly scalars: Readonly<Record<ScalarName, Sample | null>>
  readonly arrays: Readonly<Record<ScalarName, readonly (Sample | null)[] | null>>
}

const record = <V>(of: (name: ScalarName) => fc.Arbitrary<V>) =>
  fc.record(Object.fromEntries(NAMES.map(name => [name, of(name)])) as Record<ScalarName, fc.Arbitrary<V>>)

const rows: fc.Arbitrary<readonly Row[]> = fc.array(
  fc.record({
    scalars: record(name => fc.option(SAMPLES[name], { freq: 6 })),
    arrays: record(name => fc.option(fc.array(fc.option(SAMPLES[name], { freq: 5 }), { maxLength: 4 }), { freq: 6 })),
  }),
  { minLength: 1, maxLength: 8 },
)

test.each(['binary', 'text'] as const)(
  'PostgreSQL reads every value of every type as it was meant, by COPY %s',
  async format => {
    const { db, sql } = await testDatabase()
    const types = NAMES.flatMap(name => [`s_${name} ${name}`, `a_${name} ${name}[]`])
    // A type without a known binary form makes the whole sink use the text form.
    await sql(`CREATE TABLE t (i int, ${types.join(', ')}, odd ${format === 'text' ? 'inet' : 'int'})`)
    const columns: Record<string, Column<Row & { i: number }>> = { i: int4(row => row.i) }
    for (const name of NAMES) {
      columns[`s_${name}`] = scalarColumn(name)
      columns[`a_${name}`] = arrayOf(name, row => row.arrays[name]?.map(item => item?.value as never))
    }
    if (format === 'text') columns['odd'] = asText(() => '10.0.0.1')
    const writer = await db.append('t', columns).open(sinkContext())
    onTestFinished(() => writer.close())

    const differs = NAMES.flatMap(name => [
      `(t.s_${name})::text IS DISTINCT FROM ${CASTS[name](`e.row->'s'->>'${name}'`)}::text`,
      `(t.a_${name})::text IS DISTINCT FROM (CASE WHEN e.row->'a'->'${name}' = 'null' THEN NULL ELSE coalesce((
      SELECT array_agg(${CASTS[name]('x')} ORDER BY o) FROM jsonb_array_elements_text(e.row->'a'->'${name}') WITH ORDINALITY AS l (x, o)
    ), '{}') END)::text`,
    ])
    const labels = differs.map((condition, i) => `CASE WHEN ${condition} THEN ${i} END`)
    const check = `SELECT t.i, array_remove(ARRAY[${labels.join(', ')}], NULL) AS wrong
    FROM t JOIN jsonb_array_elements($1::jsonb) WITH ORDINALITY AS e (row, o) ON t.i = e.o - 1`

    await fc.assert(
      fc.asyncProperty(rows, async given => {
        await sql('TRUNCATE t')
        const half = given.length >> 1
        const numbered = given.map((row, i) => ({ ...row, i }))
        writer.write(batchOf(numbered.slice(0, half)))
        writer.write(batchOf(numbered.slice(half), { offset: half }))
        await writer.seal()!.flush()
        const found = await sql(check, [JSON.stringify(given.map(literals))])
        expect(found).toHaveLength(given.length)
        const wrong = found.flatMap(row => (row['wrong'] as number[]).map(at => NAMES[at >> 1]))
        expect(wrong).toEqual([])
      }),
      { numRuns: propertyRuns(80) },
    )
  },
)

function scalarColumn(name: ScalarName): Column<Row> {
  return { type: { name, isArray: false, raw: false }, from: row => row.scalars[name]?.value }
}

function literals({ scalars, arrays }: Row): object {
  const literal = (sample: Sample | null) => sample?.literal ?? null
  return {
    s: Object.fromEntries(NAMES.map(name => [name, literal(scalars[name])])),
    a: Object.fromEntries(NAMES.map(name => [name, arrays[name]?.map(literal) ?? null])),
  }
}
