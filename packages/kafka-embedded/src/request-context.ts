import type { ApiName, WireReader, WireWriter } from '@rtp/kafka-protocol'
import type { Connection } from './connection/connection.ts'
import type { GroupCoordinator } from './groups/group-coordinator.ts'
import type { TopicStore } from './topics/topic-store.ts'
import type { TransactionCoordinator } from './transactions/transaction-coordinator.ts'

/** What the one node of the cluster tells of itself. */
export interface NodeInfo {
  readonly id: number
  readonly clusterId: string
  readonly host: string
  readonly port: number
}

/** What the requests work on. */
export interface BrokerState {
  readonly node: NodeInfo
  readonly topics: TopicStore
  readonly groups: GroupCoordinator
  readonly transactions: TransactionCoordinator
  readonly autoCreateTopics: boolean
  readonly defaultPartitions: number
}

export interface RequestContext {
  readonly state: BrokerState
  readonly connection: Connection
  readonly apiVersion: number
  readonly clientId: string
  /** Other than 0 when a test ordered this answer: nothing may be done then, and every error field holds it. */
  readonly injectedError: number
}

/** `silent` for a request that wants no answer, `drop` for one that is answered by the end of the connection. */
export type Reply = 'answer' | 'silent' | 'drop'

/** One API of the protocol with the versions that are offered. */
export interface RequestHandler {
  readonly api: ApiName
  readonly minVersion: number
  readonly maxVersion: number
  /** The first version of the flexible encoding (KIP-482), whose headers have tags, too; undefined where none is offered. */
  readonly flexibleFrom?: number
  handle(request: WireReader, response: WireWriter, context: RequestContext): Reply | Promise<Reply>
}
