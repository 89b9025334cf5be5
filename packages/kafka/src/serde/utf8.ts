import { isUtf8 } from 'node:buffer'
import type { RecordFault } from './record-fault.ts'

/** The text of bytes that must be UTF-8; reports a fault where they are not, because a decoder would silently replace them. */
export function utf8Text(bytes: Buffer, start: number, end: number, fault: RecordFault): string {
  const text = bytes.toString('utf8', start, end)
  // U+FFFD is what damage becomes, but may also stand in the text. A text of plain ASCII is not searched: V8 knows that it cannot hold it.
  if (text.includes('\ufffd') && !isUtf8(bytes.subarray(start, end)))
    fault.set('NOT_UTF8', 'the text is not valid UTF-8')
  return text
}
