import { type Position, StreamError } from '@rtp/stream-core/extend'

/** The one text of a set of positions: pairs in the order of their names. Equal texts, equal positions; the compare-and-set relies on it. */
export function positionsText(positions: ReadonlyMap<string, Position>): string {
  const names = [...positions.keys()].sort()
  return JSON.stringify(names.map(name => [name, positions.get(name)]))
}

/** The inverse of `positionsText`. */
export function parsePositions(text: string, task: string): Map<string, Position> {
  try {
    return new Map(JSON.parse(text) as [string, Position][])
  } catch (cause) {
    throw new StreamError(
      'CHECKPOINT_CORRUPT',
      `the stored positions of task "${task}" cannot be read. Somebody has changed the checkpoint tables; restore them from a backup.`,
      { cause },
    )
  }
}
