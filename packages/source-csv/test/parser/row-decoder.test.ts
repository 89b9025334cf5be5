import { describe, expect, it } from 'vitest'
import { FieldFault } from '../../src/columns/field-fault.ts'
import { integer, text } from '../../src/index.ts'
import { type BoundColumn, compileRowDecoder, loopingRowDecoder } from '../../src/parser/row-decoder.ts'

const bytes = Buffer.from('7,x,')
const starts = Int32Array.of(0, 2, 4)
const ends = Int32Array.of(1, 3, 4)

describe.each([
  ['compiled', compileRowDecoder],
  ['looping', loopingRowDecoder],
])('a %s row decoder', (_, make) => {
  it('makes rows with the properties in the order of their declaration, whatever the order in the file', () => {
    const decode = make<object>([column('b', 1, text()), column('a', 0, integer())])
    expect(Object.entries(decode(bytes, starts, ends, new FieldFault()))).toEqual([
      ['b', 'x'],
      ['a', 7],
    ])
  })

  it('takes any text for a name, and never runs it', () => {
    const names = ['"', '\\', "'); throw 1; ('", '\u2028\n', 'constructor', 'toString', '1', 'größe', 'class']
    const decode = make<object>(names.map(name => column(name, 1, text())))
    const row = decode(bytes, starts, ends, new FieldFault())
    for (const name of names) expect(Object.getOwnPropertyDescriptor(row, name)?.value).toBe('x')
    expect(Object.keys(row)).toHaveLength(names.length)
  })

  it('keeps the first fault of a row', () => {
    const fault = new FieldFault()
    make<object>([column('a', 1, integer()), column('b', 2, text())])(bytes, starts, ends, fault)
    expect(fault).toMatchObject({ failed: true, reason: 'INTEGER_INVALID' })
  })
})

function column(
  name: string,
  field: number,
  { decoder }: ReturnType<typeof text> | ReturnType<typeof integer>,
): BoundColumn {
  return { name, header: name, field, decoder: decoder() }
}
