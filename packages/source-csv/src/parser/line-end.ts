import { CARRIAGE_RETURN, LINE_FEED } from './dialect.ts'

/** Where the line end at or behind `from` begins; `end` when there is none. */
export function findLineEnd(bytes: Uint8Array, from: number, end: number): number {
  let p = from
  while (p < end && bytes[p] !== LINE_FEED && bytes[p] !== CARRIAGE_RETURN) p++
  return p
}

/** Behind the LF, CRLF or CR at `at`; -1 when a CR is the last byte that is there and an LF may follow. */
export function behindLineEnd(bytes: Uint8Array, at: number, end: number, isLast: boolean): number {
  if (bytes[at] === LINE_FEED) return at + 1
  if (at + 1 < end) return bytes[at + 1] === LINE_FEED ? at + 2 : at + 1
  return isLast ? at + 1 : -1
}
