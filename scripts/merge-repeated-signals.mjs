const REPEATED_WITHIN_MS = 500

/**
 * Ctrl-C at a terminal reaches every process of the foreground group, and pnpm passes the signal that it got on to its child: one key press
 * arrives twice. A program for which the second one means "at once" must see it once.
 */
export function mergeRepeatedSignals() {
  const { emit } = process
  const seenAt = new Map()
  process.emit = (event, ...rest) => {
    if (event !== 'SIGINT' && event !== 'SIGTERM') return Reflect.apply(emit, process, [event, ...rest])
    const now = performance.now()
    const isRepeated = now - (seenAt.get(event) ?? Number.NEGATIVE_INFINITY) < REPEATED_WITHIN_MS
    if (isRepeated) return true
    seenAt.set(event, now)
    return Reflect.apply(emit, process, [event, ...rest])
  }
}
