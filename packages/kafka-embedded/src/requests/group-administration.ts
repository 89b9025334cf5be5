import { errorCodes, type WireWriter } from '@rtp/kafka-protocol'
import type { Group } from '../groups/group.ts'
import type { RequestHandler } from '../request-context.ts'

/** ListGroups (16). */
export const listGroupsHandler: RequestHandler = {
  api: 'ListGroups',
  minVersion: 0,
  maxVersion: 2,
  handle: (_request, response, { apiVersion: version, state, injectedError }) => {
    if (version >= 1) response.int32(0)
    response.int16(injectedError)
    response.array(state.groups.all(), ({ id, protocolType }) => response.string(id).string(protocolType))
    return 'answer'
  },
}

/** DescribeGroups (15). A group that there is not is described as dead. */
export const describeGroupsHandler: RequestHandler = {
  api: 'DescribeGroups',
  minVersion: 0,
  maxVersion: 2,
  handle: (request, response, { apiVersion: version, state, injectedError }) => {
    const ids = request.array(r => r.string())
    if (version >= 1) response.int32(0)
    response.array(ids, id => {
      const group = state.groups.get(id)
      response.int16(injectedError).string(id)
      response.string(group?.state ?? 'Dead').string(group?.protocolType ?? '')
      response.string(group === undefined || group.isEmpty ? '' : group.protocol)
      writeMembers(response, group)
    })
    return 'answer'
  },
}

function writeMembers(response: WireWriter, group: Group | undefined): void {
  response.array(group?.members ?? [], member => {
    response.string(member.id).string(member.spec.clientId).string(`/${member.spec.clientHost}`)
    response.bytes(member.metadataFor(group?.protocol ?? '')).bytes(member.assignment)
  })
}

/** DeleteGroups (42). */
export const deleteGroupsHandler: RequestHandler = {
  api: 'DeleteGroups',
  minVersion: 0,
  maxVersion: 1,
  handle: (request, response, { state, injectedError }) => {
    const ids = request.array(r => r.string())
    response.int32(0)
    response.array(ids, id => {
      const group = state.groups.get(id)
      const errorCode = injectedError || checkDeletion(group)
      if (group !== undefined && errorCode === 0) state.groups.delete(group)
      response.string(id).int16(errorCode)
    })
    return 'answer'
  },
}

function checkDeletion(group: Group | undefined): number {
  if (group === undefined) return errorCodes.GROUP_ID_NOT_FOUND
  return group.isEmpty ? 0 : errorCodes.NON_EMPTY_GROUP
}
