import type { Target } from '../scalars/scalar.ts'
import type { ColumnLoader } from './column-loader.ts'

/** The encoded fields of one column, row after row, each with its length prefix: the form that arrays have in binary, too. */
export class ColumnStore {
  #bytes = Buffer.alloc(0)
  #target: Target = { bytes: this.#bytes, view: new DataView(this.#bytes.buffer, 0, 0) }
  #used = 0
  /** Where each row's field begins. */
  #starts = new Int32Array(256)
  #rows = 0
  #cursors = new Int32Array(0)

  get bytes(): number {
    return this.#used
  }

  /** Adds what the loader has taken out of a batch. */
  add<T>(loader: ColumnLoader<T>, rows: number): void {
    if (rows > this.#cursors.length) this.#cursors = new Int32Array(rows * 2)
    const cursors = this.#cursors.fill(0, 0, rows)
    loader.addSizes(cursors, rows)
    if (this.#rows + rows > this.#starts.length) this.#starts = grown(this.#starts, this.#rows + rows)
    let at = this.#used
    for (let i = 0; i < rows; i++) {
      const size = cursors[i]!
      cursors[i] = at
      this.#starts[this.#rows + i] = at
      at += size
    }
    this.#need(at)
    loader.put(this.#target, cursors, rows)
    this.#used = at
    this.#rows += rows
  }

  isNull(row: number): boolean {
    return this.#target.view.getInt32(this.#starts[row]!) < 0
  }

  /** The field's bytes as text of one character per byte, its length prefix included. */
  latin1(row: number): string {
    return this.#bytes.toString('latin1', this.#starts[row], this.#end(row))
  }

  /** A copy of the given rows' fields, behind `lead` bytes that are left to the caller. */
  gather(rows: Int32Array, lead: number): Buffer {
    let bytes = lead
    for (const row of rows) bytes += this.#end(row) - this.#starts[row]!
    const gathered = Buffer.allocUnsafe(bytes)
    let to = lead
    for (let i = 0; i < rows.length; ) {
      // Neighbours, the usual case, are copied in one go.
      let last = i
      while (last + 1 < rows.length && rows[last + 1] === rows[last]! + 1) last++
      to += this.#bytes.copy(gathered, to, this.#starts[rows[i]!], this.#end(rows[last]!))
      i = last + 1
    }
    return gathered
  }

  clear(): void {
    this.#used = 0
    this.#rows = 0
  }

  #end(row: number): number {
    return row + 1 < this.#rows ? this.#starts[row + 1]! : this.#used
  }

  #need(bytes: number): void {
    if (bytes <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(bytes, this.#bytes.length * 2, 4096))
    this.#bytes.copy(larger, 0, 0, this.#used)
    this.#bytes = larger
    this.#target = { bytes: larger, view: new DataView(larger.buffer, larger.byteOffset, larger.byteLength) }
  }
}

function grown(column: Int32Array, needed: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(needed, column.length * 2))
  larger.set(column)
  return larger
}
