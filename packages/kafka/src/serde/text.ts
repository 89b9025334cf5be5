import { writeText } from '@rtp/kafka-protocol'
import type { Serde } from './serde.ts'
import { utf8Text } from './utf8.ts'

/** Text in UTF-8. Bytes that are not make a bad record (`NOT_UTF8`). */
export const text: Serde<string> = {
  name: 'text',
  decoder: () => ({ decode: utf8Text }),
  encoder: () => writeText,
}
