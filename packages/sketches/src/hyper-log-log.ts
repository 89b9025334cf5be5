/**
 * Estimates how many different hashes it has been given: HyperLogLog (Flajolet, Fusy, Gandouet and Meunier, 2007) with the estimator of Ertl (arXiv
 * 1702.01284), which needs no tables against bias. While the hashes are few they are kept as they are, and the count is exact.
 */
export class HyperLogLog {
  readonly #precision: number
  #hashes: Set<number> | undefined = new Set()
  /** For each register the longest run of leading zeros plus 1. */
  #registers: Uint8Array | undefined

  /** 2^precision registers, precision from 4 to 18. The standard error is 1.04 / sqrt(2^precision). */
  constructor(precision: number) {
    this.#precision = precision
  }

  /** Hashes, while they are few. */
  get hashes(): ReadonlySet<number> | undefined {
    return this.#hashes
  }

  get registers(): Uint8Array | undefined {
    return this.#registers
  }

  /** `hash` is a whole number of 53 bits. */
  add(hash: number): void {
    if (this.#hashes === undefined) {
      this.#raise(hash)
      return
    }
    this.#hashes.add(hash)
    if (this.#hashes.size > Math.max(16, 2 ** this.#precision / 32)) this.#compress()
  }

  merge(other: HyperLogLog): void {
    for (const hash of other.hashes ?? []) this.add(hash)
    if (other.registers !== undefined) this.addRegisters(other.registers)
  }

  addRegisters(registers: Uint8Array): void {
    if (this.#registers === undefined) this.#compress()
    const own = this.#registers!
    for (let i = 0; i < own.length; i++) if (registers[i]! > own[i]!) own[i] = registers[i]!
  }

  estimate(): number {
    if (this.#hashes !== undefined) return this.#hashes.size
    const registers = this.#registers!
    const size = registers.length
    const counts = new Float64Array(LONGEST_RUN + 1)
    for (const run of registers) counts[run]!++
    let z = size * tau(1 - counts[LONGEST_RUN]! / size)
    for (let run = LONGEST_RUN - 1; run >= 1; run--) z = 0.5 * (z + counts[run]!)
    z += size * sigma(counts[0]! / size)
    return Math.round((size * size) / (2 * Math.LN2 * z))
  }

  #compress(): void {
    const hashes = this.#hashes ?? []
    this.#hashes = undefined
    this.#registers = new Uint8Array(2 ** this.#precision)
    for (const hash of hashes) this.#raise(hash)
  }

  /** The upper 21 bits choose the register, the lower 32 give the run. */
  #raise(hash: number): void {
    const lower = hash % 2 ** 32
    const register = ((hash - lower) / 2 ** 32) >>> (21 - this.#precision)
    const run = Math.clz32(lower) + 1
    if (run > this.#registers![register]!) this.#registers![register] = run
  }
}

/** 32 zeros, plus 1. */
const LONGEST_RUN = 33

function sigma(of: number): number {
  if (of === 1) return Number.POSITIVE_INFINITY
  let x = of
  let y = 1
  let z = x
  for (;;) {
    const before = z
    x *= x
    z += x * y
    y += y
    if (z === before) return z
  }
}

function tau(of: number): number {
  if (of === 0 || of === 1) return 0
  let x = of
  let y = 1
  let z = 1 - x
  for (;;) {
    const before = z
    x = Math.sqrt(x)
    y *= 0.5
    z -= (1 - x) ** 2 * y
    if (z === before) return z / 3
  }
}
