import type { ApiName } from '@rtp/kafka-protocol'
import { BrokerError } from './broker-error.ts'
import { isValidPartitionCount } from './topics/topic-store.ts'

/** Newest version of an API that is offered, by its name. */
export type NewestVersions = Readonly<Partial<Record<ApiName, number>>>

export interface BrokerOptions {
  /** Where to listen. Default 127.0.0.1. */
  readonly host?: string
  /** The name under which clients reach the broker. Default: `host`, and 127.0.0.1 where that is every address. */
  readonly advertisedHost?: string
  /** The port under which clients reach it, e.g. that of a proxy. Default: the one it listens on. */
  readonly advertisedPort?: number
  /** Default 0: any free port. */
  readonly port?: number
  /** Folder that keeps everything over a restart. Default: a temporary one, removed by `stop()`. */
  readonly dataDir?: string
  /** Wait for the disk with every append. Default false: a killed process loses nothing, a power cut may. */
  readonly fsync?: boolean
  /** Make a topic when a client asks for its metadata, if the client wants that too. Default false. */
  readonly autoCreateTopics?: boolean
  /** Partitions of a topic that is made without a number. Default 1. */
  readonly defaultPartitions?: number
  /** How long a new group waits for more members before its first generation. Default 20. */
  readonly groupInitialRebalanceDelayMs?: number
  /** How often retention.ms and retention.bytes are looked at. Default 1000. */
  readonly retentionCheckMs?: number
  /** Versions of APIs above which nothing is offered, to play an older broker: `{ Metadata: 6, Fetch: 11 }` is one that gives topics no ids. */
  readonly newestVersions?: NewestVersions
  /** Called with what should not happen: a request that cannot be read or handled ends its connection. Default: nothing. */
  readonly onError?: (error: unknown) => void
}

export type ResolvedOptions = Required<Omit<BrokerOptions, 'advertisedPort' | 'dataDir'>> & {
  readonly advertisedPort: number | undefined
  readonly dataDir: string | undefined
}

/** Fills in the defaults; throws a BrokerError that names the wrong option. */
export function resolveOptions(options: BrokerOptions): ResolvedOptions {
  const resolved: ResolvedOptions = {
    host: options.host ?? '127.0.0.1',
    advertisedHost: options.advertisedHost ?? advertised(options.host ?? '127.0.0.1'),
    advertisedPort: options.advertisedPort,
    port: options.port ?? 0,
    dataDir: options.dataDir,
    fsync: options.fsync ?? false,
    autoCreateTopics: options.autoCreateTopics ?? false,
    defaultPartitions: options.defaultPartitions ?? 1,
    groupInitialRebalanceDelayMs: options.groupInitialRebalanceDelayMs ?? 20,
    retentionCheckMs: options.retentionCheckMs ?? 1000,
    newestVersions: options.newestVersions ?? {},
    onError: options.onError ?? (() => {}),
  }
  if (!isWholeWithin(resolved.port, 0, 65_535)) throw invalid('port', 'a whole number from 0 to 65535', resolved.port)
  if (resolved.advertisedPort !== undefined && !isWholeWithin(resolved.advertisedPort, 1, 65_535)) {
    throw invalid('advertisedPort', 'a whole number from 1 to 65535', resolved.advertisedPort)
  }
  if (!isValidPartitionCount(resolved.defaultPartitions)) {
    throw invalid('defaultPartitions', 'a whole number from 1 to 10000', resolved.defaultPartitions)
  }
  if (!isWholeWithin(resolved.groupInitialRebalanceDelayMs, 0, 60_000)) {
    throw invalid(
      'groupInitialRebalanceDelayMs',
      'a whole number from 0 to 60000',
      resolved.groupInitialRebalanceDelayMs,
    )
  }
  if (!isWholeWithin(resolved.retentionCheckMs, 1, 3_600_000)) {
    throw invalid('retentionCheckMs', 'a whole number from 1 to 3600000', resolved.retentionCheckMs)
  }
  return resolved
}

function advertised(host: string): string {
  return host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
}

function isWholeWithin(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most
}

function invalid(option: string, expected: string, value: unknown): BrokerError {
  return new BrokerError('BROKER_OPTION_INVALID', `startBroker: ${option} must be ${expected}, not ${String(value)}.`)
}
