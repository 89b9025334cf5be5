/** The loops that write a loaded column: at each row's cursor a length, then the value. A null is length -1 and nothing. */

export function putLongs(
  view: DataView,
  cursors: Int32Array,
  rows: number,
  high: Int32Array,
  low: Int32Array,
  nulls: Uint8Array | undefined,
): void {
  for (let i = 0; i < rows; i++) {
    const at = cursors[i]!
    if (nulls !== undefined && nulls[i] === 1) {
      view.setInt32(at, -1)
      cursors[i] = at + 4
      continue
    }
    view.setInt32(at, 8)
    view.setInt32(at + 4, high[i]!)
    view.setInt32(at + 8, low[i]!)
    cursors[i] = at + 12
  }
}

export function putFloat8(
  view: DataView,
  cursors: Int32Array,
  rows: number,
  numbers: Float64Array,
  nulls: Uint8Array | undefined,
): void {
  for (let i = 0; i < rows; i++) {
    const at = cursors[i]!
    if (nulls !== undefined && nulls[i] === 1) {
      view.setInt32(at, -1)
      cursors[i] = at + 4
      continue
    }
    view.setInt32(at, 8)
    view.setFloat64(at + 4, numbers[i]!)
    cursors[i] = at + 12
  }
}

export function putFloat4(
  view: DataView,
  cursors: Int32Array,
  rows: number,
  numbers: Float64Array,
  nulls: Uint8Array | undefined,
): void {
  for (let i = 0; i < rows; i++) {
    const at = cursors[i]!
    if (nulls !== undefined && nulls[i] === 1) {
      view.setInt32(at, -1)
      cursors[i] = at + 4
      continue
    }
    view.setInt32(at, 4)
    view.setFloat32(at + 4, numbers[i]!)
    cursors[i] = at + 8
  }
}

export function putInt4(
  view: DataView,
  cursors: Int32Array,
  rows: number,
  numbers: Float64Array,
  nulls: Uint8Array | undefined,
): void {
  for (let i = 0; i < rows; i++) {
    const at = cursors[i]!
    if (nulls !== undefined && nulls[i] === 1) {
      view.setInt32(at, -1)
      cursors[i] = at + 4
      continue
    }
    view.setInt32(at, 4)
    view.setInt32(at + 4, numbers[i]!)
    cursors[i] = at + 8
  }
}

export function putInt2(
  view: DataView,
  cursors: Int32Array,
  rows: number,
  numbers: Float64Array,
  nulls: Uint8Array | undefined,
): void {
  for (let i = 0; i < rows; i++) {
    const at = cursors[i]!
    if (nulls !== undefined && nulls[i] === 1) {
      view.setInt32(at, -1)
      cursors[i] = at + 4
      continue
    }
    view.setInt32(at, 2)
    view.setInt16(at + 4, numbers[i]!)
    cursors[i] = at + 6
  }
}

export function putBytes(
  view: DataView,
  cursors: Int32Array,
  rows: number,
  numbers: Float64Array,
  nulls: Uint8Array | undefined,
): void {
  for (let i = 0; i < rows; i++) {
    const at = cursors[i]!
    if (nulls !== undefined && nulls[i] === 1) {
      view.setInt32(at, -1)
      cursors[i] = at + 4
      continue
    }
    view.setInt32(at, 1)
    view.setInt8(at + 4, numbers[i]!)
    cursors[i] = at + 5
  }
}
