import { expected, type Scalar, type ScalarName, type Target, ValueFault } from './scalar.ts'

export const text: Scalar<string> = textScalar('text', 25, 1009, undefined)

/** varchar, or varchar(n) where `maxLength` characters are known: longer values are refused here, where the record is known. */
export function varchar(maxLength?: number): Scalar<string> {
  return textScalar('varchar', 1043, 1015, maxLength)
}

function textScalar(name: ScalarName, oid: number, arrayOid: number, maxLength: number | undefined): Scalar<string> {
  return {
    name,
    oid,
    arrayOid,
    prepare(value) {
      if (typeof value !== 'string') throw expected('a string', value)
      if (maxLength !== undefined && value.length > maxLength && characters(value) > maxLength) {
        throw new ValueFault(`takes at most ${maxLength} characters, got ${characters(value)}`)
      }
      checkText(value)
      return value
    },
    size: textSize,
    put: putText,
    text: value => value,
  }
}

/** PostgreSQL's text holds neither NUL nor half a surrogate pair; writing such a string would change it, so it is refused. */
export function checkText(value: string): void {
  if (value.includes('\0')) throw new ValueFault('cannot hold a NUL character: remove it or use bytea')
  if (!isWellFormed.call(value)) throw new ValueFault('cannot hold half a surrogate pair: repair the string first')
}

/** Bytes in UTF-8. Short strings, the usual case, are measured without leaving JavaScript. */
export function textSize(value: string): number {
  const { length } = value
  if (length > SHORT) return Buffer.byteLength(value, 'utf8')
  for (let i = 0; i < length; i++) if (value.charCodeAt(i) > 127) return Buffer.byteLength(value, 'utf8')
  return length
}

export function putText(target: Target, at: number, value: string): void {
  const { bytes } = target
  const { length } = value
  if (length > SHORT) {
    bytes.write(value, at, 'utf8')
    return
  }
  for (let i = 0; i < length; i++) {
    const code = value.charCodeAt(i)
    if (code > 127) {
      bytes.write(value, at, 'utf8')
      return
    }
    bytes[at + i] = code
  }
}

/** Up to here a loop over the characters is faster than a call into the runtime. */
const SHORT = 24

// In every supported Node; the library version that the types are checked against does not list it yet.
const { isWellFormed } = String.prototype as string & { isWellFormed(this: string): boolean }

function characters(value: string): number {
  let count = 0
  for (const _ of value) count++
  return count
}
