/** True when `[start, end)` is UTF-8 as RFC 3629 has it: no overlong form, no surrogate, nothing above U+10FFFF. */
export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  let p = start
  while (p < end) {
    const lead = bytes[p++]!
    if (lead < 0x80) continue
    if (lead < 0xc2 || lead > 0xf4) return false
    const followers = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3
    if (p + followers > end) return false
    const first = bytes[p]!
    const lowest = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
    const highest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
    if (first < lowest || first > highest) return false
    for (let i = 1; i < followers; i++) {
      if ((bytes[p + i]! & 0xc0) !== 0x80) return false
    }
    p += followers
  }
  return true
}
