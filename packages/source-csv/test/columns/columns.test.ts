import { describe, expect, expectTypeOf, it } from 'vitest'
import { FieldFault } from '../../src/columns/field-fault.ts'
import { boolean, type Column, integer, number, optional, type RowOf, text, timestamp } from '../../src/index.ts'
import { decode, placed } from './decode.ts'

describe('text', () => {
  it('is what the file says, spaces included', () => {
    expect(decode(text(), ' a ')).toBe(' a ')
    expect(decode(text('', { trim: true }), ' \ta b ')).toBe('a b')
  })

  it('is never empty unless that is declared', () => {
    expect(decode(text(), '')).toMatchObject({ reason: 'FIELD_EMPTY' })
    expect(decode(text('', { trim: true }), '  ')).toMatchObject({ reason: 'FIELD_EMPTY' })
    expect(decode(text('', { allowEmpty: true }), '')).toBe('')
  })

  it('is no longer than declared, counted in bytes', () => {
    expect(decode(text('', { maxBytes: 4 }), 'éé')).toBe('éé')
    expect(decode(text('', { maxBytes: 4 }), 'ééé')).toMatchObject({ reason: 'FIELD_TOO_LONG' })
  })

  it('keeps every character of every script, at any length', () => {
    for (const value of ['Zürich', '東京', '🌡️', '\ufeffa', '\ufffd', 'é'.repeat(700), 'x'.repeat(5000)]) {
      expect(decode(text(), value)).toBe(value)
    }
  })

  it('tells texts apart that fall on the same place of the cache', () => {
    const decoder = text().decoder()
    const fault = new FieldFault()
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 20_000; i++) {
        const value = `sensor-${i}`
        if (decoder.decode(...placed(value), fault) !== value) expect.fail(`another text for ${value}`)
      }
    }
    expect(fault.failed).toBe(false)
  })
})

describe('number and integer', () => {
  it('say whether the field is empty or no number', () => {
    expect(decode(number(), '12.5')).toBe(12.5)
    expect(decode(number(), '')).toMatchObject({ reason: 'FIELD_EMPTY' })
    expect(decode(number(), 'NaN')).toMatchObject({ reason: 'NUMBER_INVALID' })
    expect(decode(integer(), '12')).toBe(12)
    expect(decode(integer(), '')).toMatchObject({ reason: 'FIELD_EMPTY' })
    expect(decode(integer(), '12.5')).toMatchObject({ reason: 'INTEGER_INVALID' })
  })
})

describe('boolean', () => {
  it('knows true, false, 1 and 0 in any case, and nothing else', () => {
    expect(['true', 'TRUE', '1', 'False', '0'].map(field => decode(boolean(), field))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ])
    expect(decode(boolean(), 'yes')).toMatchObject({ reason: 'BOOLEAN_INVALID' })
    expect(decode(boolean(), '')).toMatchObject({ reason: 'FIELD_EMPTY' })
  })

  it('takes other spellings by declaration', () => {
    const column = boolean('', { true: ['yes'], false: ['no'] })
    expect(['Yes', 'no'].map(field => decode(column, field))).toEqual([true, false])
    expect(decode(column, 'true')).toMatchObject({ reason: 'BOOLEAN_INVALID' })
  })
})

describe('optional', () => {
  it('makes an empty field null and leaves the rest to the column', () => {
    expect(decode(optional(number()), '')).toBeNull()
    expect(decode(optional(number()), '1')).toBe(1)
    expect(decode(optional(number()), 'x')).toMatchObject({ reason: 'NUMBER_INVALID' })
  })
})

it('never repeats the content of a field in what it says about it', () => {
  const columns: Column<unknown>[] = [
    number(),
    integer(),
    boolean(),
    timestamp(),
    timestamp('', { unit: 'seconds' }),
    text('', { maxBytes: 3 }),
  ]
  for (const column of columns) expect(JSON.stringify(decode(column, 'secret'))).not.toContain('secret')
})

it('infers the row from the declarations', () => {
  const columns = { id: text(), n: optional(integer()), ok: boolean(), at: timestamp() }
  expectTypeOf<RowOf<typeof columns>>().toEqualTypeOf<{ id: string; n: number | null; ok: boolean; at: number }>()
})
