import { expected, type Scalar } from './scalar.ts'

export const bytea: Scalar<Uint8Array> = {
  name: 'bytea',
  oid: 17,
  arrayOid: 1001,
  prepare(value) {
    if (!(value instanceof Uint8Array)) throw expected('a Uint8Array', value)
    return value
  },
  size: value => value.length,
  put: (target, at, value) => target.bytes.set(value, at),
  text: value => `\\x${Buffer.from(value.buffer, value.byteOffset, value.length).toString('hex')}`,
}
