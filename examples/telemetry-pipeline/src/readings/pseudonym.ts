import { createHash, createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { StreamError } from '@rtp/stream-core/extend'

/**
 * Replaces sensor ids by integers that nobody can turn back without the key: HMAC-SHA-256, cut to 53 bits so that it is an exact number
 * in JSON and a bigint in SQL. The same id and key give the same number in every run and on every machine.
 *
 * Two of n ids fall on one number with a probability of about n^2 / 2^54: 1 in 18 million for a thousand ids, 1 in 18,000 for a million.
 * Every id that is remembered is checked against the others; a collision is an error, never two sensors under one number.
 */
export class Pseudonymizer {
  /** Names the key without telling it: rows of different keys can be told apart. */
  readonly keyId: string
  readonly #key: KeyObject
  readonly #capacity: number
  readonly #numbers = new Map<string, number>()
  readonly #ids = new Map<number, string>()

  /** `capacity` bounds how many distinct ids are remembered; the oldest are forgotten first. */
  constructor(key: string, { capacity = 200_000 }: { capacity?: number } = {}) {
    this.#key = createSecretKey(Buffer.from(key, 'utf8'))
    this.#capacity = capacity
    this.keyId = `k1-${createHash('sha256').update(KEY_ID_DOMAIN).update(key, 'utf8').digest('hex').slice(0, 8)}`
  }

  /** A whole number from 0 to 2^53 - 1. Errors: `PSEUDONYM_COLLISION`. */
  pseudonym(id: string): number {
    return this.#numbers.get(id) ?? this.#make(id)
  }

  #make(id: string): number {
    const digest = createHmac('sha256', this.#key).update(ID_DOMAIN).update(id.normalize('NFC'), 'utf8').digest()
    const number = (digest.readUInt32BE(0) & 0x1f_ffff) * 4_294_967_296 + digest.readUInt32BE(4)
    const other = this.#ids.get(number)
    if (other !== undefined && other.normalize('NFC') !== id.normalize('NFC')) {
      throw new StreamError(
        'PSEUDONYM_COLLISION',
        'Two different sensor ids have the same pseudonym under this key, so their readings could not be told apart. Choose another pseudonym key and start with empty tables.',
      )
    }
    if (this.#numbers.size >= this.#capacity) this.#forgetOldest()
    this.#numbers.set(id, number)
    this.#ids.set(number, id)
    return number
  }

  #forgetOldest(): void {
    for (const [id, number] of this.#numbers) {
      this.#numbers.delete(id)
      this.#ids.delete(number)
      return
    }
  }
}

/** Keeps these digests apart from any other use of the same key. */
const ID_DOMAIN = 'rtp telemetry sensor id v1\0'
const KEY_ID_DOMAIN = 'rtp telemetry key id v1\0'
