import type { Socket } from 'node:net'
import { type Frame, FrameAssembler } from './frame-assembler.ts'
import { ReadMemory } from './read-memory.ts'

/** Requests that a client sent ahead; above that the socket is not read. */
const MAX_QUEUED_BYTES = 4 * 1024 * 1024

/** Handles one request and returns the parts of the answer, size first; undefined when there is none. */
export type FrameHandler = (
  frame: Buffer,
  connection: Connection,
) => Buffer[] | undefined | Promise<Buffer[] | undefined>

/** One client's connection: requests are handled one at a time, in order, and the next only when the client takes the answer. */
export class Connection {
  readonly remoteAddress: string
  /** For the answer at hand; free again once that is on its way. */
  readonly readMemory = new ReadMemory()
  readonly #socket: Socket
  readonly #handle: FrameHandler
  readonly #onError: (error: unknown) => void
  readonly #assembler = new FrameAssembler()
  readonly #queue: Frame[] = []
  readonly #closeListeners = new Set<() => void>()
  #queuedBytes = 0
  #isWorking = false

  constructor(socket: Socket, handle: FrameHandler, onError: (error: unknown) => void) {
    this.#socket = socket
    this.#handle = handle
    this.#onError = onError
    this.remoteAddress = socket.remoteAddress ?? ''
    socket.setNoDelay(true)
    socket.on('data', chunk => this.#receive(chunk))
    // A reset by the client is its way to leave; 'close' follows.
    socket.on('error', () => {})
    socket.on('close', () => this.#closed())
  }

  get isClosed(): boolean {
    return this.#socket.destroyed
  }

  /** Ends the connection at once; what was not answered stays so. */
  drop(): void {
    this.#socket.destroy()
  }

  /** Calls back once when the connection ends; returns the way to stop that. */
  onClose(listener: () => void): () => void {
    if (this.isClosed) listener()
    else this.#closeListeners.add(listener)
    return () => this.#closeListeners.delete(listener)
  }

  #receive(chunk: Buffer): void {
    try {
      this.#assembler.push(chunk, frame => {
        this.#queue.push(frame)
        this.#queuedBytes += frame.bytes.length
      })
    } catch (error) {
      this.#fail(error)
      return
    }
    if (this.#queuedBytes > MAX_QUEUED_BYTES) this.#socket.pause()
    if (!this.#isWorking) this.#work().catch(error => this.#fail(error))
  }

  async #work(): Promise<void> {
    this.#isWorking = true
    for (;;) {
      const frame = this.#queue.shift()
      if (frame === undefined || this.isClosed) break
      const answering = this.#handle(frame.bytes, this)
      const answer = answering instanceof Promise ? await answering : answering
      this.#queuedBytes -= frame.bytes.length
      this.#assembler.recycle(frame)
      if (answer !== undefined) await this.#send(answer)
      this.readMemory.reset()
      if (this.#socket.isPaused() && this.#queuedBytes <= MAX_QUEUED_BYTES) this.#socket.resume()
    }
    this.#isWorking = false
  }

  /** Waits until the kernel has taken the answer, because the next one is read into the same memory. */
  #send(parts: Buffer[]): Promise<void> | undefined {
    if (this.isClosed) return undefined
    let taken: (() => void) | undefined
    this.#socket.cork()
    for (const [index, part] of parts.entries()) {
      if (index < parts.length - 1) this.#socket.write(part)
      else this.#socket.write(part, () => taken?.())
    }
    this.#socket.uncork()
    if (this.#socket.writableLength === 0) return undefined
    return new Promise(resolve => {
      const stop = this.onClose(resolve)
      taken = () => {
        stop()
        resolve()
      }
    })
  }

  #fail(error: unknown): void {
    this.#onError(error)
    this.drop()
  }

  #closed(): void {
    this.#queue.length = 0
    for (const listener of this.#closeListeners) listener()
    this.#closeListeners.clear()
  }
}
