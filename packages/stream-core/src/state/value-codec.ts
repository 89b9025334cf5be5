import { StreamError } from '../errors.ts'
import type { StateReader } from './state-reader.ts'
import type { StateWriter } from './state-writer.ts'

/**
 * Writes any plain value: undefined, null, booleans, numbers, bigints, strings, Dates, Uint8Arrays, arrays, Maps, Sets and plain objects of
 * these. One byte of type, then the content. Functions, symbols and instances of other classes are refused with STATE_INVALID: they
 * would come back as something else.
 */
export function encodeValue(state: StateWriter, value: unknown): void {
  switch (typeof value) {
    case 'undefined':
      state.uint8(UNDEFINED)
      return
    case 'boolean':
      state.uint8(value ? TRUE : FALSE)
      return
    case 'number':
      if (Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0)) state.uint8(UINT).uint(value)
      else state.uint8(FLOAT64).float64(value)
      return
    case 'bigint':
      state.uint8(BIGINT).text(value.toString())
      return
    case 'string':
      state.uint8(STRING).text(value)
      return
    case 'object':
      encodeObject(state, value)
      return
    default:
      throw new StreamError('STATE_INVALID', `a ${typeof value} cannot be kept in state. Keep plain data.`)
  }
}

export function decodeValue(state: StateReader): unknown {
  const type = state.uint8()
  switch (type) {
    case UNDEFINED:
      return undefined
    case NULL:
      return null
    case TRUE:
      return true
    case FALSE:
      return false
    case UINT:
      return state.uint()
    case FLOAT64:
      return state.float64()
    case BIGINT:
      return BigInt(state.text())
    case STRING:
      return state.text()
    case DATE:
      return new Date(state.float64())
    case BYTES:
      return state.bytes().slice()
    case ARRAY:
      return Array.from({ length: state.uint() }, () => decodeValue(state))
    case MAP:
      return new Map(Array.from({ length: state.uint() }, () => [decodeValue(state), decodeValue(state)] as const))
    case SET:
      return new Set(Array.from({ length: state.uint() }, () => decodeValue(state)))
    case OBJECT:
      return decodePlainObject(state)
    default:
      throw new StreamError(
        'CHECKPOINT_CORRUPT',
        `state holds a value of unknown type ${type}. Restore an older checkpoint.`,
      )
  }
}

// Part of the stored format: numbers are never used again for another type.
const UNDEFINED = 0
const NULL = 1
const TRUE = 2
const FALSE = 3
const UINT = 4
const FLOAT64 = 5
const BIGINT = 6
const STRING = 7
const DATE = 8
const BYTES = 9
const ARRAY = 10
const MAP = 11
const SET = 12
const OBJECT = 13

function encodeObject(state: StateWriter, value: object | null): void {
  if (value === null) {
    state.uint8(NULL)
  } else if (Array.isArray(value)) {
    state.uint8(ARRAY).uint(value.length)
    for (const item of value) encodeValue(state, item)
  } else if (value instanceof Date) {
    state.uint8(DATE).float64(value.getTime())
  } else if (value instanceof Uint8Array) {
    state.uint8(BYTES).bytes(value)
  } else if (value instanceof Map) {
    state.uint8(MAP).uint(value.size)
    for (const [key, item] of value) {
      encodeValue(state, key)
      encodeValue(state, item)
    }
  } else if (value instanceof Set) {
    state.uint8(SET).uint(value.size)
    for (const item of value) encodeValue(state, item)
  } else {
    encodePlainObject(state, value)
  }
}

function encodePlainObject(state: StateWriter, value: object): void {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) {
    const name = value.constructor?.name ?? 'a class'
    throw new StreamError(
      'STATE_INVALID',
      `an instance of ${name} cannot be kept in state. Keep plain data and make the instance from it.`,
    )
  }
  const fields = Object.keys(value)
  state.uint8(OBJECT).uint(fields.length)
  for (const field of fields) {
    state.text(field)
    encodeValue(state, (value as Record<string, unknown>)[field])
  }
}

function decodePlainObject(state: StateReader): object {
  const object: Record<string, unknown> = {}
  for (let left = state.uint(); left > 0; left--) {
    const field = state.text()
    const item = decodeValue(state)
    // Assigning to __proto__ would set the prototype instead of a field.
    if (field === '__proto__')
      Object.defineProperty(object, field, { value: item, enumerable: true, writable: true, configurable: true })
    else object[field] = item
  }
  return object
}
