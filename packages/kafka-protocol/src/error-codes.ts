/**
 * The error codes of the Kafka protocol: number, name, whether the same request may succeed when repeated, what it means.
 *
 * Numbers, names and the retriable column follow the protocol guide (https://kafka.apache.org/protocol#protocol_error_codes).
 */
const table = [
  [-1, 'UNKNOWN_SERVER_ERROR', false, 'The broker failed in a way it has no code for; its log says more.'],
  [0, 'NONE', false, 'No error.'],
  [1, 'OFFSET_OUT_OF_RANGE', false, 'The offset lies before the start or after the end of the partition.'],
  [2, 'CORRUPT_MESSAGE', true, 'The batch fails its checksum or is malformed.'],
  [3, 'UNKNOWN_TOPIC_OR_PARTITION', true, 'The broker does not have this topic or partition.'],
  [4, 'INVALID_FETCH_SIZE', false, 'The requested fetch size is not valid.'],
  [5, 'LEADER_NOT_AVAILABLE', true, 'The partition has no leader at the moment.'],
  [6, 'NOT_LEADER_OR_FOLLOWER', true, 'This broker does not lead the partition; the metadata are out of date.'],
  [7, 'REQUEST_TIMED_OUT', true, 'The broker did not finish in the time that the request allows.'],
  [8, 'BROKER_NOT_AVAILABLE', false, 'The broker is not available.'],
  [9, 'REPLICA_NOT_AVAILABLE', true, 'The replica is not available.'],
  [10, 'MESSAGE_TOO_LARGE', false, 'A batch is larger than max.message.bytes.'],
  [11, 'STALE_CONTROLLER_EPOCH', false, 'The controller has moved to another broker.'],
  [12, 'OFFSET_METADATA_TOO_LARGE', false, 'The text committed with an offset is too long.'],
  [13, 'NETWORK_EXCEPTION', true, 'The connection ended before the answer came.'],
  [14, 'COORDINATOR_LOAD_IN_PROGRESS', true, 'The coordinator is still loading its state.'],
  [15, 'COORDINATOR_NOT_AVAILABLE', true, 'There is no coordinator at the moment.'],
  [16, 'NOT_COORDINATOR', true, 'This broker is not the coordinator; look it up again.'],
  [17, 'INVALID_TOPIC_EXCEPTION', false, 'The topic name is not valid, or the operation is not allowed on it.'],
  [18, 'RECORD_LIST_TOO_LARGE', false, 'The batches of the request are larger than a log segment.'],
  [19, 'NOT_ENOUGH_REPLICAS', true, 'Fewer replicas are in sync than min.insync.replicas wants; nothing was written.'],
  [20, 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', true, 'Written, but to fewer replicas than min.insync.replicas wants.'],
  [21, 'INVALID_REQUIRED_ACKS', false, 'acks must be 0, 1 or -1.'],
  [22, 'ILLEGAL_GENERATION', false, 'The group is in another generation; the member must join again.'],
  [23, 'INCONSISTENT_GROUP_PROTOCOL', false, 'The member shares no assignment protocol with the group.'],
  [24, 'INVALID_GROUP_ID', false, 'The group id is not valid.'],
  [25, 'UNKNOWN_MEMBER_ID', false, 'The coordinator does not know this member, or no longer; it must join anew.'],
  [26, 'INVALID_SESSION_TIMEOUT', false, 'The session timeout is outside of what the broker allows.'],
  [27, 'REBALANCE_IN_PROGRESS', false, 'The group is rebalancing; the member must join again.'],
  [28, 'INVALID_COMMIT_OFFSET_SIZE', false, 'The offset commit is larger than the broker allows.'],
  [29, 'TOPIC_AUTHORIZATION_FAILED', false, 'This user may not do that with the topic.'],
  [30, 'GROUP_AUTHORIZATION_FAILED', false, 'This user may not use the group.'],
  [31, 'CLUSTER_AUTHORIZATION_FAILED', false, 'This user may not do that on the cluster.'],
  [32, 'INVALID_TIMESTAMP', false, 'The record timestamp is outside of what the topic allows.'],
  [33, 'UNSUPPORTED_SASL_MECHANISM', false, 'The broker does not offer this SASL mechanism.'],
  [34, 'ILLEGAL_SASL_STATE', false, 'The request does not fit the state of the SASL handshake.'],
  [35, 'UNSUPPORTED_VERSION', false, 'The broker does not offer this version of the API.'],
  [36, 'TOPIC_ALREADY_EXISTS', false, 'There is a topic of this name already.'],
  [37, 'INVALID_PARTITIONS', false, 'The number of partitions is not valid.'],
  [38, 'INVALID_REPLICATION_FACTOR', false, 'The replication factor is below 1 or above the number of brokers.'],
  [39, 'INVALID_REPLICA_ASSIGNMENT', false, 'The assignment of replicas is not valid.'],
  [40, 'INVALID_CONFIG', false, 'A configuration entry is not valid.'],
  [41, 'NOT_CONTROLLER', true, 'This broker is not the controller; look it up again.'],
  [42, 'INVALID_REQUEST', false, 'The request is malformed or does not fit together.'],
  [43, 'UNSUPPORTED_FOR_MESSAGE_FORMAT', false, 'The format of the records does not allow this.'],
  [44, 'POLICY_VIOLATION', false, "The request breaks a policy of the cluster's operator."],
  [45, 'OUT_OF_ORDER_SEQUENCE_NUMBER', false, 'A batch of an idempotent producer is missing before this one.'],
  [46, 'DUPLICATE_SEQUENCE_NUMBER', false, 'This batch of an idempotent producer was written before.'],
  [47, 'INVALID_PRODUCER_EPOCH', false, 'A newer producer has taken over, or the transaction timed out.'],
  [48, 'INVALID_TXN_STATE', false, 'The transaction is not in a state that allows this.'],
  [49, 'INVALID_PRODUCER_ID_MAPPING', false, 'The producer id does not belong to this transactional id.'],
  [50, 'INVALID_TRANSACTION_TIMEOUT', false, 'The transaction timeout is above transaction.max.timeout.ms.'],
  [51, 'CONCURRENT_TRANSACTIONS', true, 'The previous transaction of this id is still being completed.'],
  [52, 'TRANSACTION_COORDINATOR_FENCED', false, 'Another transaction coordinator has taken over.'],
  [53, 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED', false, 'This user may not use the transactional id.'],
  [54, 'SECURITY_DISABLED', false, 'The broker runs without the security that the request is about.'],
  [55, 'OPERATION_NOT_ATTEMPTED', false, 'Not tried, because another part of the request failed.'],
  [
    56,
    'KAFKA_STORAGE_ERROR',
    true,
    'The broker cannot write or read its log: its disk is full or failed. Free space on the broker.',
  ],
  [57, 'LOG_DIR_NOT_FOUND', false, 'The broker has no such log directory.'],
  [58, 'SASL_AUTHENTICATION_FAILED', false, 'Authentication failed; check user and password.'],
  [59, 'UNKNOWN_PRODUCER_ID', false, 'The broker no longer holds the state of this producer id.'],
  [60, 'REASSIGNMENT_IN_PROGRESS', false, 'The partition is being moved.'],
  [61, 'DELEGATION_TOKEN_AUTH_DISABLED', false, 'Delegation tokens are not enabled.'],
  [62, 'DELEGATION_TOKEN_NOT_FOUND', false, 'The broker does not know this delegation token.'],
  [63, 'DELEGATION_TOKEN_OWNER_MISMATCH', false, 'The delegation token belongs to somebody else.'],
  [64, 'DELEGATION_TOKEN_REQUEST_NOT_ALLOWED', false, 'Delegation tokens need an authenticated, encrypted connection.'],
  [65, 'DELEGATION_TOKEN_AUTHORIZATION_FAILED', false, 'This user may not use the delegation token.'],
  [66, 'DELEGATION_TOKEN_EXPIRED', false, 'The delegation token has expired.'],
  [67, 'INVALID_PRINCIPAL_TYPE', false, 'The type of the principal is not supported.'],
  [68, 'NON_EMPTY_GROUP', false, 'The group still has members.'],
  [69, 'GROUP_ID_NOT_FOUND', false, 'There is no group of this id.'],
  [70, 'FETCH_SESSION_ID_NOT_FOUND', true, 'The broker does not know this fetch session.'],
  [71, 'INVALID_FETCH_SESSION_EPOCH', true, 'The epoch of the fetch session is not the expected one.'],
  [72, 'LISTENER_NOT_FOUND', true, 'The leader has no listener of the name that was used here.'],
  [73, 'TOPIC_DELETION_DISABLED', false, 'The broker does not allow topics to be deleted.'],
  [74, 'FENCED_LEADER_EPOCH', true, "The request's leader epoch is older than the broker's."],
  [75, 'UNKNOWN_LEADER_EPOCH', true, "The request's leader epoch is newer than the broker's."],
  [76, 'UNSUPPORTED_COMPRESSION_TYPE', false, 'The client cannot read the compression of the partition.'],
  [77, 'STALE_BROKER_EPOCH', false, 'The broker has registered again since.'],
  [78, 'OFFSET_NOT_AVAILABLE', true, 'A new leader does not know its end offset yet.'],
  [79, 'MEMBER_ID_REQUIRED', false, 'The member must join again with the id in this answer.'],
  [80, 'PREFERRED_LEADER_NOT_AVAILABLE', true, 'The preferred leader is not available.'],
  [81, 'GROUP_MAX_SIZE_REACHED', false, 'The group has as many members as the broker allows.'],
  [82, 'FENCED_INSTANCE_ID', false, 'Another member has taken over this group instance id.'],
  [83, 'ELIGIBLE_LEADERS_NOT_AVAILABLE', true, 'No replica can become leader at the moment.'],
  [84, 'ELECTION_NOT_NEEDED', true, 'The partition needs no election.'],
  [85, 'NO_REASSIGNMENT_IN_PROGRESS', false, 'The partition is not being moved.'],
  [86, 'GROUP_SUBSCRIBED_TO_TOPIC', false, 'The group still reads the topic, so its offsets stay.'],
  [87, 'INVALID_RECORD', false, 'A record breaks a rule of the topic.'],
  [88, 'UNSTABLE_OFFSET_COMMIT', true, 'A pending transaction holds newer offsets of the group.'],
  [89, 'THROTTLING_QUOTA_EXCEEDED', true, 'The quota is used up; wait before the next request.'],
  [90, 'PRODUCER_FENCED', false, 'A newer producer with the same transactional id has taken over.'],
  [91, 'RESOURCE_NOT_FOUND', false, 'There is no such resource.'],
  [92, 'DUPLICATE_RESOURCE', false, 'The resource exists already.'],
  [93, 'UNACCEPTABLE_CREDENTIAL', false, 'The credential does not meet the requirements.'],
  [94, 'INCONSISTENT_VOTER_SET', false, 'The voters of the quorum do not agree with the request.'],
  [95, 'INVALID_UPDATE_VERSION', false, 'The version of the update is not valid.'],
  [96, 'FEATURE_UPDATE_FAILED', false, 'Features could not be changed.'],
  [97, 'PRINCIPAL_DESERIALIZATION_FAILURE', false, 'A forwarded request has no readable principal.'],
  [98, 'SNAPSHOT_NOT_FOUND', false, 'There is no such snapshot.'],
  [99, 'POSITION_OUT_OF_RANGE', false, 'The position is outside of the snapshot.'],
  [100, 'UNKNOWN_TOPIC_ID', true, 'The broker does not know this topic id.'],
  [101, 'DUPLICATE_BROKER_REGISTRATION', false, 'A broker of this id is registered already.'],
  [102, 'BROKER_ID_NOT_REGISTERED', false, 'No broker of this id is registered.'],
  [103, 'INCONSISTENT_TOPIC_ID', true, 'The topic id does not belong to the topic name.'],
  [104, 'INCONSISTENT_CLUSTER_ID', false, 'The request belongs to another cluster.'],
  [105, 'TRANSACTIONAL_ID_NOT_FOUND', false, 'There is no such transactional id.'],
  [106, 'FETCH_SESSION_TOPIC_ID_ERROR', true, 'Topic ids of the fetch session do not fit together.'],
  [107, 'INELIGIBLE_REPLICA', false, 'The replica may not join the in-sync replicas.'],
  [108, 'NEW_LEADER_ELECTED', false, 'The partition has a new leader.'],
  [109, 'OFFSET_MOVED_TO_TIERED_STORAGE', false, 'The offset lies in tiered storage.'],
  [110, 'FENCED_MEMBER_EPOCH', false, 'The coordinator has fenced the member; it must join anew.'],
  [111, 'UNRELEASED_INSTANCE_ID', false, 'Another member still uses the group instance id.'],
  [112, 'UNSUPPORTED_ASSIGNOR', false, 'The group does not offer this assignor.'],
  [113, 'STALE_MEMBER_EPOCH', false, "The member's epoch is out of date; it must be read again."],
  [114, 'MISMATCHED_ENDPOINT_TYPE', false, 'The request went to the wrong kind of endpoint.'],
  [115, 'UNSUPPORTED_ENDPOINT_TYPE', false, 'The kind of endpoint is not supported.'],
  [116, 'UNKNOWN_CONTROLLER_ID', false, 'There is no controller of this id.'],
  [117, 'UNKNOWN_SUBSCRIPTION_ID', false, 'The telemetry subscription is out of date.'],
  [118, 'TELEMETRY_TOO_LARGE', false, 'The telemetry is larger than the broker allows.'],
  [119, 'INVALID_REGISTRATION', false, 'The registration of the controller is not valid.'],
  [120, 'TRANSACTION_ABORTABLE', false, 'The transaction failed and must be aborted.'],
] as const

export type ErrorName = (typeof table)[number][1]

export interface ErrorDescription {
  readonly code: number
  /** The name in the protocol guide, or `UNKNOWN_ERROR_CODE` for a number that is not in it. */
  readonly name: ErrorName | 'UNKNOWN_ERROR_CODE'
  /** Whether the same request may succeed when it is repeated. */
  readonly retriable: boolean
  /** One sentence that says what happened. */
  readonly sentence: string
}

/** Numbers by name: `errorCodes.OFFSET_OUT_OF_RANGE` is 1. */
export const errorCodes = Object.fromEntries(table.map(([code, name]) => [name, code])) as Readonly<
  Record<ErrorName, number>
>

const descriptions = new Map<number, ErrorDescription>(
  table.map(([code, name, retriable, sentence]) => [code, { code, name, retriable, sentence }]),
)

/** Describes an error code; a number that is not in the table gets the name `UNKNOWN_ERROR_CODE` and is not retriable. */
export function describeError(code: number): ErrorDescription {
  return (
    descriptions.get(code) ?? {
      code,
      name: 'UNKNOWN_ERROR_CODE',
      retriable: false,
      sentence: `The broker answered with error code ${code}, which the protocol guide does not list.`,
    }
  )
}
