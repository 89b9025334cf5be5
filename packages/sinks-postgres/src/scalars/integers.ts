import { describeValue, expected, type Scalar, ValueFault } from './scalar.ts'

export const int2: Scalar<number> = {
  name: 'int2',
  oid: 21,
  arrayOid: 1005,
  prepare: value => smallInteger(value, 32_767, 'int2'),
  size: () => 2,
  put: (target, at, value) => target.view.setInt16(at, value),
  text: String,
}

export const int4: Scalar<number> = {
  name: 'int4',
  oid: 23,
  arrayOid: 1007,
  prepare: value => smallInteger(value, 2_147_483_647, 'int4'),
  size: () => 4,
  put: (target, at, value) => target.view.setInt32(at, value),
  text: String,
}

export const int8: Scalar<bigint> = {
  name: 'int8',
  oid: 20,
  arrayOid: 1016,
  prepare(value) {
    if (typeof value === 'bigint') return checkInt8(value)
    if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value)
    throw notInt8(value)
  },
  size: () => 8,
  put: (target, at, value) => target.view.setBigInt64(at, value),
  text: String,
}

export function checkInt8(value: bigint): bigint {
  if (BigInt.asIntN(64, value) !== value) throw new ValueFault('takes int8, got a bigint outside its 64 bits')
  return value
}

export function notInt8(value: unknown): ValueFault {
  if (typeof value === 'number' && Number.isInteger(value)) {
    return new ValueFault(
      'takes int8, got a number beyond 2^53, which may have lost digits already: give such values as bigint',
    )
  }
  return expected('int8 (a whole number or bigint)', value)
}

/** A whole number from -max - 1 to max. */
export function smallInteger(value: unknown, max: number, type: string): number {
  const number = typeof value === 'bigint' ? Number(value) : value
  if (typeof number !== 'number' || !Number.isInteger(number)) {
    throw expected(`${type} (a whole number or bigint)`, value)
  }
  if (number > max || number < -max - 1) {
    throw new ValueFault(`takes ${type}, got ${describeValue(value)} outside ${-max - 1}..${max}`)
  }
  return number
}
