import { expected, type Scalar, ValueFault } from './scalar.ts'

/** 16 bytes; given as text with or without hyphens, or as the bytes themselves. */
export const uuid: Scalar<string | Uint8Array> = {
  name: 'uuid',
  oid: 2950,
  arrayOid: 2951,
  prepare(value) {
    if (value instanceof Uint8Array) {
      if (value.length !== 16) throw new ValueFault(`takes a uuid of 16 bytes, got ${value.length}`)
      return value
    }
    if (typeof value !== 'string') throw expected('a uuid as text or 16 bytes', value)
    if (!UUID.test(value))
      throw new ValueFault('takes a uuid: 32 hexadecimal digits, in groups of 8-4-4-4-12 or without hyphens')
    return value
  },
  size: () => 16,
  put(target, at, value) {
    if (typeof value !== 'string') {
      target.bytes.set(value, at)
      return
    }
    let from = 0
    for (let i = 0; i < 16; i++) {
      if (value.charCodeAt(from) === HYPHEN) from++
      target.bytes[at + i] = (digit(value.charCodeAt(from)) << 4) | digit(value.charCodeAt(from + 1))
      from += 2
    }
  },
  text: value => (typeof value === 'string' ? value : Buffer.from(value).toString('hex')),
}

const UUID = /^[0-9a-f]{8}(-?)[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}$/i
const HYPHEN = 45

function digit(code: number): number {
  return code < 58 ? code - 48 : (code | 32) - 87
}
