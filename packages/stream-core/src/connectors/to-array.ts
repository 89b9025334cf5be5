import type { Sink } from './sink.ts'

/** A sink that appends every record to `array`. For tests and small results: nothing is ever removed. */
export function toArray<T>(array: T[]): Sink<T> {
  return {
    name: 'array',
    rewrite: 'append',
    open: async () => ({
      write({ values, size }) {
        for (let i = 0; i < size; i++) array.push(values[i]!)
      },
      ready: () => undefined,
      seal: () => undefined,
      close: async () => {},
    }),
  }
}
