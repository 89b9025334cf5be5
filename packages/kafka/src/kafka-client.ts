import type { Logger } from '@rtp/stream-core/extend'

/** How to reach and enter a Kafka cluster. */
export interface KafkaConnectionOptions {
  /** `host:port` of some brokers; the others are learnt from them. */
  readonly brokers: readonly string[]
  /** Name of this client in the brokers' logs and quotas. Default `rtp`. */
  readonly clientId?: string
  /** True for TLS with the system's authorities, or certificates of one's own (PEM). Default false. */
  readonly tls?: boolean | TlsOptions
  readonly sasl?: SaslOptions
  /** Time for one connection, TLS and login included. Default 10,000. */
  readonly connectTimeoutMs?: number
  /** A broker that sends nothing for so long while it owes an answer counts as lost. Default 30,000. */
  readonly requestTimeoutMs?: number
}

/** PEM texts, as node:tls takes them. */
export interface TlsOptions {
  readonly ca?: string | Buffer | readonly (string | Buffer)[]
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
  readonly passphrase?: string
  readonly servername?: string
  /** False accepts any certificate: for tests alone. Default true. */
  readonly rejectUnauthorized?: boolean
}

export type SaslOptions =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
      readonly username: string
      readonly password: string
    }
  | { readonly mechanism: 'oauthbearer'; readonly token: () => Promise<string> }

export interface BrokerAddress {
  readonly host: string
  readonly port: number
}

/** The port to what speaks to brokers: connections that are logged in, and membership of groups. */
export interface KafkaClient {
  /** Opens a connection and logs in. Throws KAFKA_CONNECTION_LOST, KAFKA_AUTHENTICATION_FAILED or KAFKA_TLS_FAILED. */
  connect(address: BrokerAddress): Promise<KafkaConnection>
  /** Joins a group; resolves once the first assignment is there. */
  joinGroup(options: GroupOptions): Promise<GroupMember>
}

export interface KafkaConnection {
  /** False once the connection has ended; it does not come back. */
  readonly isOpen: boolean
  /** Newest version of an API that the broker takes, -1 for one that it does not have. */
  maxVersion(apiKey: number): number
  /** Sends a request and returns the body of its answer. Answers come in the order of the requests. */
  send(request: KafkaRequest): Promise<Buffer>
  /** Ends the connection at once; requests under way fail. */
  close(): Promise<void>
}

export interface KafkaRequest {
  readonly apiKey: number
  readonly apiVersion: number
  readonly apiName: string
  /** Everything behind the request header. */
  readonly body: Buffer
  /** Where the answer may take longer than usual: time on top of the client's. */
  readonly waitMs?: number
}

/** Makes a request for a broker, which may take newer or older versions than others. */
export type RequestFor = (broker: Pick<KafkaConnection, 'maxVersion'>) => KafkaRequest

export interface GroupOptions {
  readonly brokers: readonly BrokerAddress[]
  readonly groupId: string
  readonly topics: readonly string[]
  /** How long the group waits for a sign of life. Default 10,000. */
  readonly sessionTimeoutMs: number
  readonly heartbeatMs: number
  /** Ends the wait for the first assignment. */
  readonly signal: AbortSignal
  /** Called whenever the partitions have changed, after the first time. */
  onAssignment(): void
  /** Called once when the membership has ended for a reason that does not go away by itself. */
  onFailure(cause: Error): void
}

/** A member of a group that gets partitions assigned and shows that it lives; it reads nothing. */
export interface GroupMember {
  /** Partitions of a topic, in order. */
  assigned(topic: string): readonly number[]
  /** Leaves the group, so that the others take over at once. */
  leave(): Promise<void>
}

/** What a client is made from. */
export interface KafkaClientOptions extends KafkaConnectionOptions {
  readonly logger: Logger
}
