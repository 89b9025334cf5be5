/** The name that a mistyped one most likely stands for; undefined when none is near. */
export function nearestName(given: string, names: readonly string[]): string | undefined {
  let nearest: string | undefined
  let least = Math.max(2, Math.ceil(given.length / 2)) + 0.5
  for (const name of names) {
    const sharesStart = name.startsWith(given) || given.startsWith(name)
    const distance = sharesStart ? 0.5 : editDistance(given.toLowerCase(), name.toLowerCase())
    if (distance < least) {
      least = distance
      nearest = name
    }
  }
  return nearest
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment) that turn one text into the other. */
function editDistance(from: string, to: string): number {
  const rows = Array.from({ length: from.length + 1 }, (_, row) => {
    const cells = new Array<number>(to.length + 1).fill(0)
    cells[0] = row
    return cells
  })
  for (let column = 0; column <= to.length; column++) rows[0]![column] = column
  for (let row = 1; row <= from.length; row++) {
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1]
      let cost = Math.min(
        rows[row - 1]![column]! + 1,
        rows[row]![column - 1]! + 1,
        rows[row - 1]![column - 1]! + (same ? 0 : 1),
      )
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      if (swapped) cost = Math.min(cost, rows[row - 2]![column - 2]! + 1)
      rows[row]![column] = cost
    }
  }
  return rows[from.length]![to.length]!
}
