import { expected, type Scalar, type Target, ValueFault } from './scalar.ts'

/** A decimal number in groups of four digits, the form of numeric_recv: the first group stands for 10000^weight. */
interface Decimal {
  readonly sign: number
  readonly weight: number
  /** Digits behind the point, as shown. */
  readonly scale: number
  readonly groups: readonly number[]
  readonly text: string
}

export const numeric: Scalar<Decimal> = {
  name: 'numeric',
  oid: 1700,
  arrayOid: 1231,
  prepare(value) {
    if (typeof value === 'bigint') return parse(value.toString())
    if (typeof value === 'number') return SPECIAL.get(String(value)) ?? parse(String(value))
    if (typeof value === 'string') return SPECIAL.get(value) ?? parse(value)
    throw expected('a number, bigint or decimal text', value)
  },
  size: decimal => 8 + 2 * decimal.groups.length,
  put(target: Target, at, decimal) {
    const { view } = target
    view.setUint16(at, decimal.groups.length)
    view.setInt16(at + 2, decimal.weight)
    view.setUint16(at + 4, decimal.sign)
    view.setUint16(at + 6, decimal.scale)
    for (let i = 0; i < decimal.groups.length; i++) view.setUint16(at + 8 + 2 * i, decimal.groups[i]!)
  },
  text: decimal => decimal.text,
}

// numeric.c: the sign field doubles as the mark of what is no number; the infinities exist since PostgreSQL 14.
const NEGATIVE = 0x4000
const special = (text: string, sign: number): [string, Decimal] => [
  text,
  { sign, weight: 0, scale: 0, groups: [], text },
]
const SPECIAL = new Map([special('NaN', 0xc000), special('Infinity', 0xd000), special('-Infinity', 0xf000)])

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,6}))?$/
const MAX_WHOLE_DIGITS = 131_072
const MAX_SCALE = 16_383

function parse(text: string): Decimal {
  const match = DECIMAL.exec(text)
  const whole = match?.[2] ?? ''
  const fraction = match?.[3] ?? ''
  if (match === null || whole.length + fraction.length === 0) throw new ValueFault('takes a decimal number')
  const digits = whole + fraction
  const point = whole.length + Number(match[4] ?? 0)
  const scale = Math.max(0, digits.length - point)
  if (point > MAX_WHOLE_DIGITS || scale > MAX_SCALE) {
    throw new ValueFault(
      `takes numeric, got more than ${MAX_WHOLE_DIGITS} digits before or ${MAX_SCALE} digits behind the point`,
    )
  }
  // Zeros in front, so that the point falls between two groups of four.
  const wholeGroups = Math.ceil(point / 4)
  const padded = '0'.repeat(wholeGroups * 4 - point) + digits
  const groups: number[] = []
  for (let at = 0; at < padded.length; at += 4) groups.push(Number(padded.slice(at, at + 4).padEnd(4, '0')))
  let first = 0
  while (first < groups.length && groups[first] === 0) first++
  let last = groups.length
  while (last > first && groups[last - 1] === 0) last--
  const kept = groups.slice(first, last)
  return {
    sign: match[1] === '-' && kept.length > 0 ? NEGATIVE : 0,
    weight: kept.length === 0 ? 0 : wholeGroups - 1 - first,
    scale,
    groups: kept,
    text,
  }
}
