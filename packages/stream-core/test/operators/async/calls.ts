import type { AsyncCall } from '../../../src/index.ts'

/** Resolves after some turns of the event loop, later records often before earlier ones. */
export async function sometime<T>(value: T, turns: number): Promise<T> {
  for (let i = 0; i < turns; i++) await new Promise(resolve => setImmediate(resolve))
  return value
}

interface HeldCall<T> {
  readonly value: T
  readonly call: AsyncCall
  isOver: boolean
  end(result: string): void
  fail(cause: Error): void
}

/** Calls that end when they are told to. */
export function heldCalls<T = number>() {
  const running: HeldCall<T>[] = []
  const fn = (value: T, call: AsyncCall) =>
    new Promise<string>((resolve, reject) => {
      const held: HeldCall<T> = {
        value,
        call,
        isOver: false,
        end(result) {
          held.isOver = true
          resolve(result)
        },
        fail(cause) {
          held.isOver = true
          reject(cause)
        },
      }
      // Some tests ask for the signal afterwards; a function that wants it asks when it is called.
      void call.signal
      running.push(held)
    })
  return { running, fn }
}
