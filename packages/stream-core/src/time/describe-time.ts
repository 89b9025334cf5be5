/** A time for people: `2026-01-01T00:00:00.000Z`; what is no time of a calendar in words. */
export function describeTime(time: number): string {
  if (time === Number.NEGATIVE_INFINITY) return 'none yet'
  if (time === Number.POSITIVE_INFINITY) return 'the end of the input'
  // Beyond what a Date can hold.
  if (!(Math.abs(time) <= 8.64e15)) return `${time} ms`
  return new Date(time).toISOString()
}
