/**
 * 53 bits of a text, spread evenly, as a whole number: two multiplicative hashes of 32 bits (with the finalisers of MurmurHash3), of which the first gives
 * 21 bits. Part of the stored format: the same text has the same hash in every version.
 */
export function hash53(text: string): number {
  let a = 0x9e3779b9
  let b = 0x85ebca6b
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    a = Math.imul(a ^ code, 0xcc9e2d51)
    a = (a << 13) | (a >>> 19)
    b = Math.imul(b ^ code, 0x1b873593)
    b = (b << 15) | (b >>> 17)
  }
  a = finish(a ^ text.length ^ b)
  b = finish(b ^ a)
  return (a >>> 11) * 2 ** 32 + (b >>> 0)
}

function finish(hash: number): number {
  let h = hash
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
