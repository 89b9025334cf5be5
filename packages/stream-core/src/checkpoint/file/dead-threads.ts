import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads'

/**
 * Tells the threads that are started from here on which threads of this process have died. A thread cannot be asked whether it lives, as a process
 * can; without this, what it has locked would stay locked for as long as its process lives.
 */
export function announceDeadThreads(threadIds: readonly number[]): void {
  setEnvironmentData(KEY, [...threadIds])
}

/** True when that thread of this process has died for certain. */
export function isDeadThread(threadId: number): boolean {
  const dead: unknown = getEnvironmentData(KEY)
  return Array.isArray(dead) && dead.includes(threadId)
}

const KEY = '@rtp/stream-core: dead threads'
