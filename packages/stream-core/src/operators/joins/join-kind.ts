/** Which rows come out without a partner: none, those of the left, of the right, of both. */
export type JoinKind = 'inner' | 'left' | 'right' | 'full'

/** Input 0 is the left one, input 1 the right one. */
export type JoinInput = 0 | 1

/** Makes a result. A side is null where an outer join found no partner; `kind` says which may be. */
export type Combine<L, R, O> = (left: L | null, right: R | null) => O

/** True when rows of the input come out even without a partner. */
export function keepsUnmatched(kind: JoinKind, input: JoinInput): boolean {
  return kind === 'full' || kind === (input === 0 ? 'left' : 'right')
}
