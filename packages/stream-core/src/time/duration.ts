import { StreamError } from '../errors.ts'

/** Durations are numbers of milliseconds; these functions make the unit readable: `minutes(1)` is 60000. */
export const milliseconds = (count: number): number => count
export const seconds = (count: number): number => whole(count * 1_000)
export const minutes = (count: number): number => whole(count * 60_000)
export const hours = (count: number): number => whole(count * 3_600_000)
export const days = (count: number): number => whole(count * 86_400_000)

/** Throws DURATION_INVALID unless `ms` is a whole number of milliseconds above 0 (or 0, where that makes sense). */
export function checkDuration(what: string, ms: number, options: { zero?: boolean } = {}): void {
  const least = options.zero === true ? 0 : 1
  if (Number.isSafeInteger(ms) && ms >= least) return
  throw new StreamError(
    'DURATION_INVALID',
    `${what} must be a whole number of milliseconds, at least ${least}; got ${ms}. Use seconds(5), minutes(1), ...`,
  )
}

/** Without it, hours(1.1) would be 3960000.0000000005: a binary fraction that nobody meant. */
function whole(ms: number): number {
  return Math.round(ms)
}

/** `90000` as `1 min 30 s`, for people. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return 'for ever'
  const parts: string[] = []
  let rest = ms
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0) parts.push(`${count} ${unit}`)
  }
  return parts.length === 0 ? '0 ms' : parts.join(' ')
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const
