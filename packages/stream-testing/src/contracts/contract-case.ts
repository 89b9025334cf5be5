import { AssertionError } from 'node:assert'

/** One rule of a contract, for any test runner: `for (const { name, run } of storeContract(...)) it(name, run)`. */
export interface ContractCase {
  readonly name: string
  /** Resolves when the rule holds, rejects with an AssertionError when it does not. */
  run(): Promise<void>
}

/** What a contract is checked on; thrown away after each case. */
export interface Disposable {
  dispose?(): Promise<void>
}

/** A case that gets a fresh subject, and disposes of it whatever happens. */
export function caseOf<S extends Disposable>(
  name: string,
  create: () => Promise<S>,
  check: (subject: S) => Promise<void>,
): ContractCase {
  return {
    name,
    async run() {
      const subject = await create()
      try {
        await check(subject)
      } finally {
        await subject.dispose?.()
      }
    },
  }
}

/** Fails unless the promise rejects with that code, or with any of several; 'any' takes every error. */
export async function rejects(
  promise: Promise<unknown>,
  codes: string | readonly string[],
  what: string,
): Promise<void> {
  let error: unknown
  try {
    await promise
  } catch (cause) {
    error = cause
  }
  if (error === undefined) throw new AssertionError({ message: `${what} was accepted; it must be refused.` })
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (codes === 'any' || [codes].flat().includes(String(code))) return
  throw new AssertionError({
    message: `${what} was refused with ${String(error)}, not with ${[codes].flat().join(' or ')}.`,
  })
}

/** Waits for something that must come; without it the test would hang without saying for what. */
export async function within<R>(promise: Promise<R>, what: string, patienceMs = PATIENCE_MS): Promise<R> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new AssertionError({ message: `${what} did not happen in ${patienceMs} ms.` })),
      patienceMs,
    )
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

const PATIENCE_MS = 15_000
