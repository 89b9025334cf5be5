import type { Position } from '@rtp/stream-core/extend'
import { corrupt } from './stored-chains.ts'

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
    throw corrupt(`the stored positions of task "${task}" cannot be read`, cause)
  }
}
