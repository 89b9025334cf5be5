import { errorCodes, type WireWriter } from '@rtp/kafka-protocol'
import type { JoinResult, SyncResult } from '../groups/member.ts'
import type { Reply, RequestHandler } from '../request-context.ts'

const MAX_SESSION_TIMEOUT_MS = 30 * 60 * 1000

/** FindCoordinator (10): always this node. */
export const findCoordinatorHandler: RequestHandler = {
  api: 'FindCoordinator',
  minVersion: 0,
  maxVersion: 2,
  handle: (_request, response, { apiVersion: version, state: { node }, injectedError }) => {
    if (version >= 1) response.int32(0)
    response.int16(injectedError)
    if (version >= 1) response.nullableString(null)
    response.int32(node.id).string(node.host).int32(node.port)
    return 'answer'
  },
}

/** JoinGroup (11). Answered when the group is complete. */
export const joinGroupHandler: RequestHandler = {
  api: 'JoinGroup',
  minVersion: 0,
  maxVersion: 5,
  handle: (request, response, context) => {
    const { apiVersion: version, clientId, connection, state, injectedError } = context
    const groupId = request.string()
    const sessionTimeoutMs = request.int32()
    const rebalanceTimeoutMs = version >= 1 ? request.int32() : sessionTimeoutMs
    const memberId = request.string()
    const instanceId = version >= 5 ? request.nullableString() : null
    const protocolType = request.string()
    const protocols = request.array(r => ({ name: r.string(), metadata: Buffer.from(r.bytes()) }))
    const answer = (result: JoinResult) => writeJoin(response, version, result)
    const refuse = (errorCode: number) =>
      answer({ errorCode, memberId, generation: -1, protocol: '', leaderId: '', members: [] })
    if (injectedError !== 0) return refuse(injectedError)
    if (groupId === '') return refuse(errorCodes.INVALID_GROUP_ID)
    if (sessionTimeoutMs < 1 || sessionTimeoutMs > MAX_SESSION_TIMEOUT_MS) {
      return refuse(errorCodes.INVALID_SESSION_TIMEOUT)
    }
    const joining = state.groups.getOrCreate(groupId).join({
      memberId,
      instanceId,
      clientId,
      clientHost: connection.remoteAddress,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      protocolType,
      protocols,
      mustKnowMemberId: version >= 4,
    })
    return joining instanceof Promise ? joining.then(answer) : answer(joining)
  },
}

function writeJoin(response: WireWriter, version: number, result: JoinResult): Reply {
  if (version >= 2) response.int32(0)
  response.int16(result.errorCode).int32(result.generation)
  response.string(result.protocol).string(result.leaderId).string(result.memberId)
  response.array(result.members, ({ id, instanceId, metadata }) => {
    response.string(id)
    if (version >= 5) response.nullableString(instanceId)
    response.bytes(metadata)
  })
  return 'answer'
}

/** SyncGroup (14). The leader's brings the assignments; the others wait for it. */
export const syncGroupHandler: RequestHandler = {
  api: 'SyncGroup',
  minVersion: 0,
  maxVersion: 3,
  handle: (request, response, { apiVersion: version, state, injectedError }) => {
    const group = state.groups.get(request.string())
    const generation = request.int32()
    const memberId = request.string()
    if (version >= 3) request.nullableString()
    const assignments = request.array(r => ({ memberId: r.string(), assignment: Buffer.from(r.bytes()) }))
    const answer = ({ errorCode, assignment }: SyncResult): Reply => {
      if (version >= 1) response.int32(0)
      response.int16(errorCode).bytes(assignment)
      return 'answer'
    }
    const errorCode = injectedError || (group === undefined ? errorCodes.UNKNOWN_MEMBER_ID : 0)
    if (group === undefined || errorCode !== 0) return answer({ errorCode, assignment: Buffer.alloc(0) })
    const syncing = group.sync(memberId, generation, assignments)
    return syncing instanceof Promise ? syncing.then(answer) : answer(syncing)
  },
}

/** Heartbeat (12). */
export const heartbeatHandler: RequestHandler = {
  api: 'Heartbeat',
  minVersion: 0,
  maxVersion: 3,
  handle: (request, response, { apiVersion: version, state, injectedError }) => {
    const group = state.groups.get(request.string())
    const generation = request.int32()
    const memberId = request.string()
    if (version >= 1) response.int32(0)
    response.int16(injectedError || (group?.heartbeat(memberId, generation) ?? errorCodes.UNKNOWN_MEMBER_ID))
    return 'answer'
  },
}

/** LeaveGroup (13). */
export const leaveGroupHandler: RequestHandler = {
  api: 'LeaveGroup',
  minVersion: 0,
  maxVersion: 3,
  handle: (request, response, { apiVersion: version, state, injectedError }) => {
    const group = state.groups.get(request.string())
    const readMember = () => ({
      memberId: request.string(),
      instanceId: version >= 3 ? request.nullableString() : null,
    })
    const members = version >= 3 ? request.array(readMember) : [readMember()]
    const results = members.map(({ memberId, instanceId }) => {
      const left = () => group?.leave(memberId, instanceId) ?? errorCodes.UNKNOWN_MEMBER_ID
      return { memberId, instanceId, errorCode: injectedError || left() }
    })
    if (version >= 1) response.int32(0)
    response.int16(version >= 3 ? injectedError : (results[0]?.errorCode ?? 0))
    if (version >= 3) {
      // An error of the whole request leaves nothing to say of the members.
      response.array(injectedError ? [] : results, ({ memberId, instanceId, errorCode }) => {
        response.string(memberId).nullableString(instanceId).int16(errorCode)
      })
    }
    return 'answer'
  },
}
