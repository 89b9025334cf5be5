import { fork, type ChildProcess as NodeChild } from 'node:child_process'
import { StreamError } from '@rtp/stream-core/extend'
import type { Settings } from '../cli/settings.ts'
import type { StageProgress } from '../output/progress.ts'
import { programFile } from '../program-file.ts'
import type { ChildMessage, ParentMessage, Role, Roles } from './messages.ts'

/** Argument by which the program knows that it is a child: the work then comes by message. */
export const CHILD_ARGUMENT = '--child'

export interface ChildListener {
  progress(progress: StageProgress): void
  say(line: string): void
}

/**
 * A stage in a process of its own, so that its CPU time and memory are its own, and its crash is nobody else's. It ends when this process
 * does, however that ends: losing the channel between them ends it.
 */
export class ChildProcess<R extends Role> {
  readonly role: R
  /** Resolves once the child works, with the address of a broker. */
  readonly ready: Promise<string | undefined>
  /** What the child did; rejects when it failed or vanished. */
  readonly result: Promise<Roles[R]>
  readonly #child: NodeChild
  readonly #exited: Promise<void>

  constructor(role: R, settings: Settings, listener: ChildListener) {
    this.role = role
    const child = fork(programFile(), [CHILD_ARGUMENT], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.#child = child
    this.#exited = new Promise(resolve => child.once('exit', () => resolve()))
    let markReady: (address: string | undefined) => void = () => {}
    let markFailed: (error: Error) => void = () => {}
    this.ready = new Promise<string | undefined>((resolve, reject) => {
      markReady = resolve
      markFailed = reject
    })
    this.result = new Promise((resolve, reject) => {
      const fail = (error: Error) => {
        markFailed(error)
        reject(error)
      }
      child.on('message', (message: ChildMessage) => {
        if (message.type === 'ready') markReady(message.address)
        else if (message.type === 'progress')
          listener.progress({ stage: role, rows: message.rows, share: message.share })
        else if (message.type === 'say') listener.say(`${role}: ${message.line}`)
        else if (message.type === 'done') resolve(message.result as Roles[R])
        else fail(new ChildError(message.code, message.message))
      })
      child.once('error', cause => fail(vanished(role, `could not be started: ${cause.message}`)))
      child.once('exit', (code, signal) => fail(vanished(role, `ended early (${signal ?? `exit code ${code}`})`)))
    })
    // Whoever waits for these hears of a failure; that nobody waits yet is no failure of its own.
    this.ready.catch(() => undefined)
    this.result.catch(() => undefined)
    this.#send({ type: 'start', role, settings })
  }

  /** Tells a job that the topic holds everything now. */
  inputComplete(): void {
    this.#send({ type: 'inputComplete' })
  }

  /** Asks the child to bring what it has begun to an end, and resolves when its process is gone. */
  async stop(): Promise<void> {
    this.#send({ type: 'stop' })
    await this.#exited
  }

  /** Ends the process at once. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exited
  }

  #send(message: ParentMessage): void {
    // A child that is gone is noticed by its exit.
    if (this.#child.connected) this.#child.send(message, () => undefined)
  }
}

/** A failure that a child has reported: its message has the code in front already. */
export class ChildError extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

function vanished(role: Role, what: string): StreamError {
  return new StreamError('CHILD_ENDED', `the ${role} process ${what}. What it printed before says why; run it again.`)
}
