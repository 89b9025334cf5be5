import type { Column } from './column.ts'
import type { FieldFault } from './field-fault.ts'
import { parseInteger, parseNumber } from './parse-number.ts'

/** A column of finite decimal numbers: `12`, `-0.5`, `1e3`. `NaN`, `Infinity`, `1,5` and an empty field are bad rows. */
export function number(header?: string): Column<number> {
  return {
    header,
    decoder: () => ({
      decode(bytes: Uint8Array, start: number, end: number, fault: FieldFault): number {
        const value = parseNumber(bytes, start, end)
        if (Number.isNaN(value)) fault.set(...numberFault(start === end))
        return value
      },
    }),
  }
}

/** A column of whole numbers within ±(2^53 - 1), the range in which a double is exact. */
export function integer(header?: string): Column<number> {
  return {
    header,
    decoder: () => ({
      decode(bytes: Uint8Array, start: number, end: number, fault: FieldFault): number {
        const value = parseInteger(bytes, start, end)
        if (Number.isNaN(value)) fault.set(...integerFault(start === end))
        return value
      },
    }),
  }
}

function numberFault(isEmpty: boolean): Parameters<FieldFault['set']> {
  return isEmpty ? ['FIELD_EMPTY', 'is empty'] : ['NUMBER_INVALID', 'is not a finite decimal number']
}

function integerFault(isEmpty: boolean): Parameters<FieldFault['set']> {
  return isEmpty ? ['FIELD_EMPTY', 'is empty'] : ['INTEGER_INVALID', 'is not a whole number within ±(2^53 - 1)']
}
