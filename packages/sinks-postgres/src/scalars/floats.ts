import { expected, type Scalar, ValueFault } from './scalar.ts'

export const float4: Scalar<number> = {
  name: 'float4',
  oid: 700,
  arrayOid: 1021,
  prepare(value) {
    if (typeof value !== 'number') throw expected('a number', value)
    if (Number.isFinite(value) && !Number.isFinite(Math.fround(value))) {
      throw new ValueFault('takes float4, got a number beyond 3.4e38')
    }
    return value
  },
  size: () => 4,
  put: (target, at, value) => target.view.setFloat32(at, value),
  text: value => floatText(Math.fround(value)),
}

export const float8: Scalar<number> = {
  name: 'float8',
  oid: 701,
  arrayOid: 1022,
  prepare(value) {
    if (typeof value !== 'number') throw expected('a number', value)
    return value
  },
  size: () => 8,
  put: (target, at, value) => target.view.setFloat64(at, value),
  text: floatText,
}

function floatText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value)
}
