/** True when two plain values have the same content: what `encodeValue` writes alike, but for the order of an object's fields. NaN equals NaN. */
export function equalValues(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b)
  // Not by prototype: a Buffer comes back from a checkpoint as a Uint8Array, and every object as a plain one.
  if (Array.isArray(a) || Array.isArray(b)) return Array.isArray(a) && Array.isArray(b) && equalLists(a, b)
  if (a instanceof Uint8Array || b instanceof Uint8Array)
    return a instanceof Uint8Array && b instanceof Uint8Array && equalLists(a, b)
  if (a instanceof Date || b instanceof Date)
    return a instanceof Date && b instanceof Date && equalValues(a.getTime(), b.getTime())
  if (a instanceof Map || b instanceof Map) return a instanceof Map && b instanceof Map && equalMaps(a, b)
  if (a instanceof Set || b instanceof Set) return a instanceof Set && b instanceof Set && equalLists([...a], [...b])
  return equalFields(a as Record<string, unknown>, b as Record<string, unknown>)
}

function equalLists(a: ArrayLike<unknown>, b: ArrayLike<unknown>): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (!equalValues(a[i], b[i])) return false
  return true
}

/** Maps and Sets are compared in their order, as they are written. */
function equalMaps(a: Map<unknown, unknown>, b: Map<unknown, unknown>): boolean {
  return a.size === b.size && equalLists([...a.keys()], [...b.keys()]) && equalLists([...a.values()], [...b.values()])
}

function equalFields(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  const names = Object.keys(a)
  if (names.length !== Object.keys(b).length) return false
  return names.every(name => Object.hasOwn(b, name) && equalValues(a[name], b[name]))
}
