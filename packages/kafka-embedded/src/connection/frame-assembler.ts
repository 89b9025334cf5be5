import { WireError } from '@rtp/kafka-protocol'

const SIZE_BYTES = 4
/** Kafka's socket.request.max.bytes. */
const MAX_FRAME_BYTES = 100 * 1024 * 1024
const SPARE_STEP_BYTES = 64 * 1024
const LARGEST_SPARE_BYTES = 8 * 1024 * 1024

/** A request without its size, and the memory that is free again when it is handled. */
export interface Frame {
  readonly bytes: Buffer
  readonly memory: Buffer | undefined
}

/** Cuts what a socket delivers into requests. Small ones are views on the chunk, larger ones are put together in memory that is reused. */
export class FrameAssembler {
  readonly #size = Buffer.alloc(SIZE_BYTES)
  #sizeFilled = 0
  #frame: Frame | undefined
  #filled = 0
  #spare: Buffer | undefined

  /** Takes the next chunk; throws a WireError when a size cannot be one. */
  push(chunk: Buffer, onFrame: (frame: Frame) => void): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#frame === undefined) {
        at += this.#readSize(chunk, at)
        if (this.#sizeFilled < SIZE_BYTES) return
        this.#sizeFilled = 0
        const length = this.#checkedSize()
        if (length <= chunk.length - at) {
          onFrame({ bytes: chunk.subarray(at, at + length), memory: undefined })
          at += length
          continue
        }
        this.#frame = this.#newFrame(length)
        this.#filled = 0
      }
      const frame = this.#frame
      const count = chunk.copy(frame.bytes, this.#filled, at)
      at += count
      this.#filled += count
      if (this.#filled === frame.bytes.length) {
        this.#frame = undefined
        onFrame(frame)
      }
    }
  }

  /** Gives the memory of a frame back that nothing refers to any more. */
  recycle({ memory }: Frame): void {
    if (memory !== undefined && memory.length <= LARGEST_SPARE_BYTES) this.#spare = memory
  }

  #readSize(chunk: Buffer, at: number): number {
    const count = chunk.copy(this.#size, this.#sizeFilled, at, at + SIZE_BYTES - this.#sizeFilled)
    this.#sizeFilled += count
    return count
  }

  #checkedSize(): number {
    const length = this.#size.readInt32BE()
    if (length < 0 || length > MAX_FRAME_BYTES) {
      throw new WireError('WIRE_INVALID_LENGTH', `A request announces ${length} bytes, ${MAX_FRAME_BYTES} are allowed.`)
    }
    return length
  }

  #newFrame(length: number): Frame {
    let memory = this.#spare
    if (memory !== undefined && memory.length >= length) this.#spare = undefined
    else memory = Buffer.allocUnsafeSlow(Math.ceil(length / SPARE_STEP_BYTES) * SPARE_STEP_BYTES)
    return { bytes: memory.subarray(0, length), memory }
  }
}
