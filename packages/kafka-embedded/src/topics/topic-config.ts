import { BrokerError } from '../broker-error.ts'

/** What a topic gets when nothing is asked for. Unlike in Apache Kafka nothing is ever deleted by default. */
const defaults = new Map([
  ['cleanup.policy', 'delete'],
  ['compression.type', 'producer'],
  ['max.message.bytes', '1048588'],
  ['message.timestamp.type', 'CreateTime'],
  ['min.insync.replicas', '1'],
  ['retention.bytes', '-1'],
  ['retention.ms', '-1'],
  ['segment.bytes', '67108864'],
])

/** Accepted, kept and reported, but without effect here. */
const withoutEffect = new Set([
  'delete.retention.ms',
  'file.delete.delay.ms',
  'flush.messages',
  'flush.ms',
  'index.interval.bytes',
  'local.retention.bytes',
  'local.retention.ms',
  'max.compaction.lag.ms',
  'message.timestamp.after.max.ms',
  'message.timestamp.before.max.ms',
  'message.timestamp.difference.max.ms',
  'min.cleanable.dirty.ratio',
  'min.compaction.lag.ms',
  'preallocate',
  'remote.storage.enable',
  'segment.index.bytes',
  'segment.jitter.ms',
  'segment.ms',
  'unclean.leader.election.enable',
])

const smallest = new Map([
  ['max.message.bytes', 0],
  ['min.insync.replicas', 1],
  ['retention.bytes', -1],
  ['retention.ms', -1],
  ['segment.bytes', 1024],
])

const allowed = new Map([
  ['cleanup.policy', ['delete', 'compact', 'compact,delete', 'delete,compact']],
  ['message.timestamp.type', ['CreateTime']],
])

export interface ConfigEntry {
  readonly name: string
  readonly value: string
  readonly isDefault: boolean
}

/** The configuration of one topic: the entries that were set, and the defaults for the others. */
export class TopicConfig {
  #entries = new Map<string, string>()

  constructor(entries: Iterable<readonly [string, string]> = []) {
    this.replace(entries)
  }

  get retentionMs(): number {
    return this.#number('retention.ms')
  }

  get retentionBytes(): number {
    return this.#number('retention.bytes')
  }

  get maxMessageBytes(): number {
    return this.#number('max.message.bytes')
  }

  get segmentBytes(): number {
    return this.#number('segment.bytes')
  }

  /** Replaces all entries; throws a BrokerError that names the wrong one and changes nothing then. */
  replace(entries: Iterable<readonly [string, string]>): void {
    const next = new Map(entries)
    for (const [name, value] of next) checkEntry(name, value)
    this.#entries = next
  }

  /** The entries that were set. */
  entries(): [string, string][] {
    return [...this.#entries]
  }

  /** Every entry that counts, defaults included, by name. */
  describe(): ConfigEntry[] {
    const names = [...new Set([...defaults.keys(), ...this.#entries.keys()])].sort()
    return names.map(name => ({ name, value: this.#value(name), isDefault: !this.#entries.has(name) }))
  }

  #value(name: string): string {
    return this.#entries.get(name) ?? defaults.get(name) ?? ''
  }

  #number(name: string): number {
    return Number(this.#value(name))
  }
}

function checkEntry(name: string, value: string): void {
  if (!defaults.has(name) && !withoutEffect.has(name)) {
    throw new BrokerError('BROKER_OPTION_INVALID', `There is no topic configuration ${name}.`)
  }
  const least = smallest.get(name)
  if (least !== undefined && !(/^-?\d{1,15}$/.test(value) && Number(value) >= least)) {
    throw new BrokerError('BROKER_OPTION_INVALID', `${name} must be a whole number from ${least} up, not "${value}".`)
  }
  const choices = allowed.get(name)
  if (choices !== undefined && !choices.includes(value)) {
    throw new BrokerError(
      'BROKER_OPTION_INVALID',
      `${name} can be ${choices.join(' or ')} on the embedded broker, not "${value}".`,
    )
  }
}
