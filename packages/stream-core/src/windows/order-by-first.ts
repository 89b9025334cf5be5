/** Indexes of `firsts`, which are different whole numbers, in ascending order of what stands there. */
export function orderByFirst(firsts: Float64Array): Uint32Array {
  const count = firsts.length
  const order = new Uint32Array(count)
  let lowest = Number.POSITIVE_INFINITY
  let highest = Number.NEGATIVE_INFINITY
  let isInOrder = true
  for (let i = 0; i < count; i++) {
    const first = firsts[i]!
    order[i] = i
    if (first < highest) isInOrder = false
    else highest = first
    if (first < lowest) lowest = first
  }
  if (isInOrder) return order
  if ((highest - lowest + 1) * count > Number.MAX_SAFE_INTEGER) return order.sort((a, b) => firsts[a]! - firsts[b]!)
  // A number that holds both is sorted without a call of a function for each comparison.
  const both = new Float64Array(count)
  for (let i = 0; i < count; i++) both[i] = (firsts[i]! - lowest) * count + i
  both.sort()
  for (let i = 0; i < count; i++) order[i] = both[i]! % count
  return order
}
