import { expected, type Scalar } from './scalar.ts'

export const bool: Scalar<boolean> = {
  name: 'bool',
  oid: 16,
  arrayOid: 1000,
  prepare(value) {
    if (typeof value !== 'boolean') throw expected('a boolean', value)
    return value
  },
  size: () => 1,
  put(target, at, value) {
    target.bytes[at] = value ? 1 : 0
  },
  text: value => (value ? 't' : 'f'),
}
