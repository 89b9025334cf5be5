import type { Socket } from 'node:net'
import type { Random } from '../simulation/random.ts'
import { type LinkConditions, SOUND } from './link-conditions.ts'
import type { CountedNetwork } from './network-counts.ts'
import type { Direction } from './network-fault.ts'

export interface LinkOptions {
  readonly direction: Direction
  readonly source: Socket
  readonly sink: Socket
  readonly counts: CountedNetwork
  readonly random: Random
}

/** Bytes under way, or what comes behind the last of them. */
interface Parcel {
  bytes: Buffer
  readonly goodbye: 'FIN' | 'RST' | undefined
  readonly dueAt: number
}

/** What is held between two sockets; a source that sends more is not read until there is room, so its own writes begin to wait. */
const CAPACITY_BYTES = 256 * 1024
/** How long a slow link sends without a pause. */
const SLICE_SECONDS = 0.01

/** One direction of a connection: takes bytes from one socket and gives them to the other, as the conditions let it. */
export class NetworkLink {
  readonly #options: LinkOptions
  #conditions: LinkConditions = SOUND
  readonly #parcels: Parcel[] = []
  #heldBytes = 0
  #lastDueAt = 0
  #freeAt = 0
  #cancelWait: (() => void) | undefined
  #isDraining = false
  #isDead = false

  constructor(options: LinkOptions) {
    this.#options = options
    options.source.on('end', () => this.sayGoodbye('FIN'))
  }

  set conditions(conditions: LinkConditions) {
    this.#conditions = conditions
    this.#cancelWait?.()
    this.#pump()
  }

  /** True while goodbyes of the sender do not get through. */
  get isCut(): boolean {
    return this.#isDead
  }

  /** From now on everything vanishes, what is under way too. */
  die(): void {
    this.#isDead = true
    for (const { bytes } of this.#parcels.splice(0)) this.#lose(bytes)
    this.#heldBytes = 0
    this.#options.source.resume()
  }

  /** Bytes that came from the source. */
  take(bytes: Buffer): void {
    if (bytes.length === 0) return
    if (this.#isDead) {
      this.#lose(bytes)
      return
    }
    const { counts } = this.#options
    const { latencyMs, bytesPerSecond, pieceBytes, isStalled } = this.#conditions
    if (latencyMs > 0) counts.hits.latency++
    if (bytesPerSecond < Number.POSITIVE_INFINITY) counts.hits.bandwidth++
    if (bytes.length > pieceBytes) counts.hits.torn++
    if (isStalled) counts.hits.stall++
    this.#add(bytes, undefined)
  }

  /** The source has ended; the sink hears of it behind all bytes. */
  sayGoodbye(goodbye: 'FIN' | 'RST'): void {
    if (!this.#isDead) this.#add(NO_BYTES, goodbye)
  }

  #add(bytes: Buffer, goodbye: Parcel['goodbye']): void {
    const { random, source } = this.#options
    const { latencyMs, jitterMs } = this.#conditions
    this.#lastDueAt = Math.max(this.#lastDueAt, performance.now() + latencyMs + jitterMs * random.next())
    this.#parcels.push({ bytes, goodbye, dueAt: this.#lastDueAt })
    this.#heldBytes += bytes.length
    if (this.#heldBytes > CAPACITY_BYTES) source.pause()
    this.#pump()
  }

  #lose(bytes: Buffer): void {
    const { counts, direction } = this.#options
    counts.lostBytes[direction] += bytes.length
    counts.hits['half-open']++
  }

  #pump(): void {
    const { sink, source } = this.#options
    while (this.#cancelWait === undefined && !this.#isDraining && !this.#conditions.isStalled) {
      const parcel = this.#parcels[0]
      if (parcel === undefined) return
      const waitMs = Math.max(parcel.dueAt, this.#freeAt) - performance.now()
      if (waitMs > 0) {
        this.#wait(waitMs)
        return
      }
      if (parcel.goodbye !== undefined) {
        this.#parcels.shift()
        if (parcel.goodbye === 'FIN') sink.end()
        else sink.resetAndDestroy()
        continue
      }
      const piece = this.#pieceOf(parcel)
      this.#heldBytes -= piece.length
      if (this.#heldBytes < CAPACITY_BYTES / 2) source.resume()
      // One that is gone takes no more; who sends to it learns so from its own socket.
      if (!sink.writable) continue
      if (!sink.write(piece)) {
        this.#isDraining = true
        sink.once('drain', () => {
          this.#isDraining = false
          this.#pump()
        })
      }
      // The next piece in a turn of its own, so that the receiver finds this one alone.
      if (this.#conditions.pieceBytes < Number.POSITIVE_INFINITY) this.#wait(0)
    }
  }

  #pieceOf(parcel: Parcel): Buffer {
    const { bytesPerSecond, pieceBytes } = this.#conditions
    const size = Math.min(parcel.bytes.length, pieceBytes, Math.max(1, Math.ceil(bytesPerSecond * SLICE_SECONDS)))
    const piece = parcel.bytes.subarray(0, size)
    parcel.bytes = parcel.bytes.subarray(size)
    if (parcel.bytes.length === 0) this.#parcels.shift()
    this.#freeAt = Math.max(this.#freeAt, performance.now()) + (size / bytesPerSecond) * 1_000
    return piece
  }

  #wait(ms: number): void {
    const done = (): void => {
      this.#cancelWait = undefined
      this.#pump()
    }
    if (ms === 0) {
      const turn = setImmediate(done)
      this.#cancelWait = () => {
        clearImmediate(turn)
        this.#cancelWait = undefined
      }
      return
    }
    const timer = setTimeout(done, ms)
    this.#cancelWait = () => {
      clearTimeout(timer)
      this.#cancelWait = undefined
    }
  }
}

const NO_BYTES = Buffer.alloc(0)
