import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../random.ts'

/** A server that can be killed and started again on the same address and data. */
export interface Hurtable {
  readonly name: string
  readonly address: string
  /** Undefined where the server is not ours to kill. */
  readonly kill: (() => Promise<void>) | undefined
  restart(): Promise<void>
  stop(): Promise<void>
}

/** A server that was given: it is used, and left alone. */
export function givenServer(name: string, address: string): Hurtable {
  const nothing = async (): Promise<void> => undefined
  return { name, address, kill: undefined, restart: nothing, stop: nothing }
}

/** Gone for up to a second. */
export async function killAndRestart(server: Hurtable, random: Random): Promise<void> {
  await server.kill?.()
  await sleep(random.below(1_000))
  await server.restart()
}
