import { createRequire } from 'node:module'
import { connect as connectTcp, isIP } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { type Logger, messageOf, StreamError } from '@rtp/stream-core/extend'
import { kafkaError } from './errors.ts'
import { GroupClaim } from './group/group-claim.ts'
import { ASSIGNER_NAME, type TopicPartitions, taskAssigner } from './group/task-assigner.ts'
import { inTime } from './in-time.ts'
import type {
  BrokerAddress,
  GroupMember,
  GroupOptions,
  KafkaClient,
  KafkaClientOptions,
  KafkaConnection,
  KafkaRequest,
} from './kafka-client.ts'
import { goByMonotonicTime, type KafkajsConnection, repairConnection } from './kafkajs-repairs.ts'
import { tellOfSending } from './sent-requests.ts'

/**
 * The client that is built on kafkajs; the only file that knows it, internals included (the version is pinned exactly). Taken from it:
 * connections, TLS, SASL, request framing and group membership. Requests on the hot path, metadata and administration are our own.
 */
export function kafkajsClient(options: KafkaClientOptions): KafkaClient {
  const logger = bridgedLogger(options.logger)
  const requestTimeoutMs = options.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS
  const build = poolsOf(options, logger, requestTimeoutMs)
  return {
    connect: address => openConnection(address, build, logger, options),
    joinGroup: group => {
      const timeoutMs = Math.min(requestTimeoutMs, 2 * group.sessionTimeoutMs + GROUP_SLACK_MS)
      return joinGroup(group, poolsOf(options, logger, timeoutMs), logger, options)
    },
  }
}

/** Every pool of connections that kafkajs makes, for itself or for us, comes from here. */
function poolsOf(options: KafkaClientOptions, logger: KafkajsLogger, requestTimeout: number): BuildPool {
  const builder = connectionPoolBuilder({
    brokers: options.brokers,
    ssl: options.tls === undefined || options.tls === false ? undefined : options.tls,
    sasl: saslOf(options),
    clientId: options.clientId ?? 'rtp',
    connectionTimeout: options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
    requestTimeout,
    enforceRequestTimeout: true,
    socketFactory,
    logger,
  })
  return async destination => {
    const pool = await builder.build(destination)
    for (const connection of pool.pool) {
      repairConnection(connection)
      tellOfSending(connection.requestQueue)
    }
    return pool
  }
}

/**
 * A member that got no answer for its session's time is none any more, so it must not wait for much longer: twice the session, for an answer that waits for
 * another member which vanished, and some more for a slow machine.
 */
const GROUP_SLACK_MS = 1_000

const DEFAULT_CONNECT_TIMEOUT_MS = 10_000
const DEFAULT_REQUEST_TIMEOUT_MS = 30_000

async function openConnection(
  address: BrokerAddress,
  build: BuildPool,
  logger: KafkajsLogger,
  options: KafkaClientOptions,
): Promise<KafkaConnection> {
  const connectionPool = await build(address)
  const broker = new Broker({
    connectionPool,
    logger,
    authenticationTimeout: options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
    allowAutoTopicCreation: false,
  })
  const connection = connectionPool.pool[0]!
  const timeoutMs = options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS
  // kafkajs counts the time of the socket alone; a broker may also accept a connection and then say nothing.
  const overdue = setTimeout(() => void end(connection, `no login within ${timeoutMs} ms`), timeoutMs)
  try {
    await broker.connect()
  } catch (cause) {
    await end(connection)
    throw connectionError(cause, address)
  } finally {
    clearTimeout(overdue)
  }
  return {
    get isOpen() {
      return connection.connectionStatus === 'connected'
    },
    maxVersion: apiKey => broker.versions?.[apiKey]?.maxVersion ?? -1,
    async send({ apiKey, apiVersion, apiName, body, waitMs }: KafkaRequest) {
      // A connection of kafkajs would not notice that it is being closed, and the request wait for its timeout.
      if (connection.connectionStatus !== 'connected') throw lost(address, apiName, 'it was closed')
      try {
        return await connection.send({
          request: { apiKey, apiVersion, apiName, encode: async () => ({ buf: body, buffer: body }) },
          response: RAW_RESPONSE,
          logResponseError: false,
          ...(waitMs === undefined
            ? {}
            : { requestTimeout: waitMs + (options.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS) }),
        })
      } catch (cause) {
        // Whatever the reason, later answers could not be told apart from the one that is missing.
        await end(connection)
        if (isAuthenticationError(cause)) throw connectionError(cause, address)
        throw lost(address, apiName, messageOf(cause), cause)
      }
    },
    close: () => end(connection),
  }
}

/** kafkajs decodes nothing: the answer's body is handed on as it is. */
const RAW_RESPONSE = {
  // The throttle time is part of the bodies; brokers enforce it themselves by not reading on.
  decode: async (body: Buffer) => body,
  parse: async (body: Buffer) => body,
}

async function end(connection: KafkajsConnection, why = 'the connection was closed'): Promise<void> {
  // disconnect() waits for requests under way, so they are given up first.
  connection.requestQueue.rejectAll(new Error(why))
  await connection.disconnect()
  connection.socket?.destroy()
}

async function joinGroup(
  group: GroupOptions,
  build: BuildPool,
  logger: KafkajsLogger,
  options: KafkaClientOptions,
): Promise<GroupMember> {
  const retry = { retries: 5, initialRetryTime: 200, maxRetryTime: 5_000 }
  const cluster = new Cluster({
    logger,
    socketFactory,
    brokers: group.brokers.map(({ host, port }) => `${host}:${port}`),
    clientId: options.clientId ?? 'rtp',
    connectionTimeout: options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
    requestTimeout: options.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS,
    retry,
    metadataMaxAge: METADATA_MAX_AGE_MS,
    allowAutoTopicCreation: false,
    isolationLevel: 1,
    offsets: new Map(),
  })
  const pools: ConnectionPool[] = []
  cluster.brokerPool.connectionPoolBuilder = {
    async build(destination) {
      const pool = await build(destination)
      pools.push(pool)
      return pool
    },
  }
  const claim = new GroupClaim(group.topics)
  const consumer = createConsumer({
    cluster,
    logger,
    retry,
    groupId: group.groupId,
    sessionTimeout: group.sessionTimeoutMs,
    rebalanceTimeout: group.sessionTimeoutMs * 2,
    heartbeatInterval: group.heartbeatMs,
    // A member whose partitions are all paused sleeps this long between two looks at its heartbeat.
    maxWaitTimeInMs: Math.min(group.heartbeatMs, 200),
    metadataMaxAge: METADATA_MAX_AGE_MS,
    partitionAssigners: [(group: { cluster: TopicPartitions }) => taskAssigner(group.cluster, claim)],
  })
  let isJoined = false
  const leave = async (): Promise<void> => {
    // It tells the group first, which takes as long as the broker does; and the broker may not answer at all.
    await inTime(consumer.disconnect(), LEAVE_TIMEOUT_MS)
    await Promise.all(pools.flatMap(pool => pool.pool.map(connection => end(connection))))
  }
  let starting = Promise.resolve()
  try {
    await new Promise<void>((resolve, reject) => {
      const giveUp = (): void => reject(new Error('the job ended before the first assignment'))
      if (group.signal.aborted) {
        giveUp()
        return
      }
      group.signal.addEventListener('abort', giveUp, { once: true })
      consumer.on(consumer.events.GROUP_JOIN, event => {
        claim.assign(event.payload.memberAssignment)
        // It is synchronous and comes before the first fetch, so kafkajs never reads a record.
        consumer.pause([...claim.owned].map(([topic, partitions]) => ({ topic, partitions: [...partitions] })))
        if (isJoined) group.onAssignment()
        isJoined = true
        resolve()
      })
      consumer.on(consumer.events.HEARTBEAT, event => claim.heard(event.payload.groupGenerationId))
      consumer.on(consumer.events.CRASH, event => {
        // After a failure that may go away kafkajs begins anew by itself.
        if (event.payload.restart) return
        const failure = groupError(group, event.payload.error)
        if (isJoined) group.onFailure(failure)
        reject(failure)
      })
      starting = start(consumer, group.topics)
      starting.catch(reject)
    })
  } catch (cause) {
    // kafkajs finishes what it has begun: a member that left on its way in would still join, and keep the process and its partitions.
    await inTime(starting, LEAVE_TIMEOUT_MS)
    await leave()
    void starting.then(leave, () => undefined)
    throw isAuthenticationError(cause) ? connectionError(cause, group.brokers[0]!) : groupError(group, cause)
  }
  return { assigned: topic => claim.owned.get(topic) ?? [], leave }
}

const LEAVE_TIMEOUT_MS = 2_000

const METADATA_MAX_AGE_MS = 60_000

async function start(consumer: Consumer, topics: readonly string[]): Promise<void> {
  await consumer.connect()
  await consumer.subscribe({ topics: [...topics] })
  await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: async () => undefined })
}

function groupError({ groupId, topics }: GroupOptions, cause: unknown): StreamError {
  if (cause instanceof StreamError) return cause
  const where = `group ${groupId} on topic ${topics.join(', ')}`
  if (property(cause, 'type') === 'INCONSISTENT_GROUP_PROTOCOL')
    return kafkaError(
      'KAFKA_GROUP_FAILED',
      `${where}: its members deal partitions in another way than this job (${ASSIGNER_NAME}), so they are of another program. Give the source a groupId of its own.`,
      { cause },
    )
  return kafkaError(
    'KAFKA_GROUP_FAILED',
    `${where}: ${messageOf(cause)}. Check that the user may read the group and that the topic exists.`,
    { cause, retryable: true },
  )
}

function lost(address: BrokerAddress, doing: string, why: string, cause?: unknown): StreamError {
  return kafkaError('KAFKA_CONNECTION_LOST', `${doing} on ${nameOf(address)}: ${why}`, { cause, retryable: true })
}

function connectionError(cause: unknown, address: BrokerAddress): StreamError {
  const message = messageOf(cause)
  if (isAuthenticationError(cause))
    return kafkaError(
      'KAFKA_AUTHENTICATION_FAILED',
      `${nameOf(address)} refused the login: ${message}. Check user, password and SASL mechanism.`,
    )
  const code = property(cause, 'code')
  if (typeof code === 'string' && TLS_CODES.test(code))
    return kafkaError(
      'KAFKA_TLS_FAILED',
      `no TLS connection to ${nameOf(address)}: ${message} (${code}). Check the certificate authorities, the host name, and that the port speaks TLS.`,
      { cause },
    )
  return kafkaError('KAFKA_CONNECTION_LOST', `no connection to ${nameOf(address)}: ${message}`, {
    cause,
    retryable: true,
  })
}

const TLS_CODES = /CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO|EPROTO/

function isAuthenticationError(cause: unknown): boolean {
  for (let inner = cause; inner instanceof Error; inner = inner.cause)
    if (inner.name === 'KafkaJSSASLAuthenticationError' || REFUSALS.has(property(inner, 'type'))) return true
  return false
}

const REFUSALS = new Set<unknown>(['SASL_AUTHENTICATION_FAILED', 'UNSUPPORTED_SASL_MECHANISM'])

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

function nameOf({ host, port }: BrokerAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function saslOf({ sasl }: KafkaClientOptions): object | undefined {
  if (sasl?.mechanism !== 'oauthbearer') return sasl
  return { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: await sasl.token() }) }
}

/** Without Nagle's algorithm, which holds back small requests behind unanswered ones. */
function socketFactory({ host, port, ssl, onConnect }: SocketOptions): ReturnType<typeof connectTcp> {
  const tls = ssl === true ? {} : ssl
  const socket = tls
    ? connectTls({ host, port, ...(isIP(host) ? {} : { servername: host }), ...tls }, onConnect)
    : connectTcp({ host, port }, onConnect)
  socket.setNoDelay(true)
  socket.setKeepAlive(true, KEEP_ALIVE_MS)
  return socket
}

const KEEP_ALIVE_MS = 60_000

/** kafkajs reports every retry as an error or warning; here they are details, and what matters becomes an error of ours. */
function bridgedLogger(logger: Logger): KafkajsLogger {
  return createLogger({
    level: WARN_LEVEL,
    logCreator:
      () =>
      ({ namespace, log }) =>
        logger.debug(`kafka client: ${log.message}`, { part: namespace }),
  })
}

const WARN_LEVEL = 2

/** What is used of kafkajs, as far as it is used. */
interface ConnectionPool {
  readonly pool: readonly KafkajsConnection[]
}

type BuildPool = (destination?: BrokerAddress) => Promise<ConnectionPool>

interface SocketOptions {
  readonly host: string
  readonly port: number
  readonly ssl?: boolean | object
  readonly onConnect: () => void
}

interface KafkajsLogger {
  readonly namespace: unknown
}

interface LogEntry {
  readonly namespace: string
  readonly log: { readonly message: string }
}

interface Consumer {
  readonly events: {
    readonly GROUP_JOIN: 'consumer.group_join'
    readonly HEARTBEAT: 'consumer.heartbeat'
    readonly CRASH: 'consumer.crash'
  }
  on(
    event: 'consumer.group_join',
    listener: (event: { payload: { memberAssignment: Record<string, number[] | undefined> } }) => void,
  ): void
  on(event: 'consumer.heartbeat', listener: (event: { payload: { groupGenerationId: number } }) => void): void
  on(event: 'consumer.crash', listener: (event: { payload: { error: Error; restart: boolean } }) => void): void
  connect(): Promise<void>
  subscribe(options: { topics: string[] }): Promise<void>
  run(options: object): Promise<void>
  pause(topics: { topic: string; partitions: number[] }[]): void
  disconnect(): Promise<void>
}

const require = createRequire(import.meta.url)
const connectionPoolBuilder: (options: object) => {
  build: BuildPool
} = require('kafkajs/src/cluster/connectionPoolBuilder')
const Broker: new (
  options: object,
) => {
  /** What the broker offers, by API; known once it is connected. */
  readonly versions: Readonly<Record<number, { readonly maxVersion: number } | undefined>> | null
  connect(): Promise<void>
} = require('kafkajs/src/broker')
const Cluster: new (options: object) => { readonly brokerPool: { connectionPoolBuilder: { build: BuildPool } } } =
  require('kafkajs/src/cluster')
const createConsumer: (options: object) => Consumer = require('kafkajs/src/consumer')
const {
  createLogger,
}: {
  createLogger: (options: { level: number; logCreator: () => (entry: LogEntry) => void }) => KafkajsLogger
} = require('kafkajs/src/loggers')

for (const [path, property] of [
  ['consumer/consumerGroup', 'lastRequest'],
  ['network/requestQueue', 'throttledUntil'],
  ['network/requestQueue/socketRequest', 'sentAt'],
] as const) {
  const kafkajsClass: { readonly prototype: object } = require(`kafkajs/src/${path}`)
  goByMonotonicTime(kafkajsClass.prototype, property)
}
