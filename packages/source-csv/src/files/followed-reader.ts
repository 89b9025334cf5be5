import { stat } from 'node:fs/promises'
import { type Clock, StreamError } from '@rtp/stream-core/extend'
import type { ByteReader } from './byte-reader.ts'
import type { PlainReader } from './plain-reader.ts'

export interface FollowOptions {
  readonly pollMs: number
  readonly onReplaced: 'fail' | 'restart'
  readonly clock: Clock
  readonly signal: AbortSignal
}

/**
 * A file that others append to: at its end it waits for more. It looks at the size every `pollMs` rather than relying on file events,
 * which network and container file systems do not deliver.
 */
export class FollowedReader implements ByteReader {
  /** True when the file was cut or replaced and is to be read again from its beginning; `read` returns 0 then. */
  wasReplaced = false
  readonly #reader: PlainReader
  readonly #path: string
  readonly #options: FollowOptions

  constructor(reader: PlainReader, path: string, options: FollowOptions) {
    this.#reader = reader
    this.#path = path
    this.#options = options
  }

  async read(buffer: Buffer, at: number, length: number): Promise<number> {
    for (;;) {
      const count = await this.#reader.read(buffer, at, length)
      if (count > 0) return count
      const change = await this.#change()
      if (change !== undefined) {
        if (this.#options.onReplaced === 'fail') throw replaced(this.#path, change, this.#reader.position)
        this.wasReplaced = true
        return 0
      }
      await pause(this.#options)
    }
  }

  skip(length: number): Promise<number> {
    return this.#reader.skip(length)
  }

  close(): Promise<void> {
    return this.#reader.close()
  }

  /** What happened to the file other than growing. */
  async #change(): Promise<'CSV_FILE_TRUNCATED' | 'CSV_FILE_REPLACED' | undefined> {
    const held = await this.#reader.handle.stat()
    if (held.size < this.#reader.position) return 'CSV_FILE_TRUNCATED'
    const named = await stat(this.#path).catch(() => undefined)
    // Between the removal and the making of a new file there is none; then the old one is still the file that is followed.
    if (named === undefined || (named.ino === held.ino && named.dev === held.dev)) return undefined
    // Whoever holds the old file may have written to it until now.
    const { size } = await this.#reader.handle.stat()
    return size > this.#reader.position ? undefined : 'CSV_FILE_REPLACED'
  }
}

/** Waits for `pollMs`, or throws when the job ends. */
function pause({ clock, signal, pollMs }: FollowOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    // A clock's timers do not keep the process alive, and while the file is quiet nothing else may.
    const alive = setInterval(() => {}, 0x7fff_ffff)
    const abort = () => {
      cancel()
      clearInterval(alive)
      reject(new StreamError('ABORTED', 'following a file ended because the job ends.', { cause: signal.reason }))
    }
    const cancel = clock.after(pollMs, () => {
      clearInterval(alive)
      signal.removeEventListener('abort', abort)
      resolve()
    })
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
}

function replaced(path: string, code: 'CSV_FILE_TRUNCATED' | 'CSV_FILE_REPLACED', position: number): StreamError {
  const what = code === 'CSV_FILE_TRUNCATED' ? 'is shorter than what was read of it' : 'is another file now'
  return new StreamError(
    code,
    `${path} ${what} (byte ${position}). Append to the file only, or pass onReplaced: 'restart' to read the new one from its beginning.`,
    { place: { partition: path, offset: position } },
  )
}
