/** The text of bytes that are all below 128. */
export const asciiText: (bytes: Uint8Array, start: number, end: number) => string =
  typeof Buffer === 'undefined' ? decodedText : slicedText

/** The text of valid UTF-8. */
export function utf8Text(bytes: Uint8Array, start: number, end: number): string {
  return decoder.decode(bytes.subarray(start, end))
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

function decodedText(bytes: Uint8Array, start: number, end: number): string {
  return utf8Text(bytes, start, end)
}

// Readers hand over Buffers, whose own slicing is several times as fast as a TextDecoder on texts of this size.
function slicedText(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.isBuffer(bytes) ? bytes.toString('latin1', start, end) : utf8Text(bytes, start, end)
}
