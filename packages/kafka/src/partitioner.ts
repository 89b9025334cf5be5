/**
 * Places a key as the Java client does, so that records with the same key meet in one partition whoever wrote them: murmur2 over the
 * key's bytes, its sign bit cleared, modulo the number of partitions (org.apache.kafka.clients.producer.internals.BuiltInPartitioner).
 */
export function partitionOfKey(key: Uint8Array, partitions: number, length = key.length): number {
  return (murmur2(key, length) & 0x7fffffff) % partitions
}

/** The 32-bit MurmurHash2 of the Java client, as a signed integer: Austin Appleby's algorithm with a seed of Kafka's own. */
export function murmur2(bytes: Uint8Array, length = bytes.length): number {
  const whole = length & ~3
  let hash = SEED ^ length
  for (let at = 0; at < whole; at += 4) {
    let word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    word = Math.imul(word, MULTIPLIER)
    word ^= word >>> 24
    hash = Math.imul(hash, MULTIPLIER) ^ Math.imul(word, MULTIPLIER)
  }
  const rest = length & 3
  if (rest > 2) hash ^= bytes[whole + 2]! << 16
  if (rest > 1) hash ^= bytes[whole + 1]! << 8
  if (rest > 0) hash = Math.imul(hash ^ bytes[whole]!, MULTIPLIER)
  hash ^= hash >>> 13
  hash = Math.imul(hash, MULTIPLIER)
  return hash ^ (hash >>> 15)
}

const SEED = 0x9747b28c
const MULTIPLIER = 0x5bd1e995
