import { errorCodes } from '@rtp/kafka-protocol'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { Group, type JoinRequest } from '../../src/groups/group.ts'
import { GroupOffsets } from '../../src/groups/group-offsets.ts'
import type { JoinResult } from '../../src/groups/member.ts'
import { noChangeLog } from '../../src/storage/journal.ts'
import { WAIT } from '../test-clients.ts'

function newGroup(initialDelayMs = 5): Group {
  let next = 0
  const group = new Group('g', new GroupOffsets('g', noChangeLog), initialDelayMs, () => `m${next++}`)
  onTestFinished(() => group.close())
  return group
}

function joinRequest(request: Partial<JoinRequest> = {}): JoinRequest {
  return {
    memberId: '',
    instanceId: null,
    clientId: 'c',
    clientHost: '',
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 10_000,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.from('p') }],
    mustKnowMemberId: false,
    ...request,
  }
}

async function join(group: Group, request: Partial<JoinRequest> = {}): Promise<JoinResult> {
  return group.join(joinRequest(request))
}

/** Joins new members together and syncs them; the first is the leader. */
async function formGroup(group: Group, count: number): Promise<JoinResult[]> {
  const joined = await Promise.all(Array.from({ length: count }, () => join(group)))
  await syncAll(group, joined)
  return joined
}

async function syncAll(group: Group, joined: readonly JoinResult[]): Promise<void> {
  const leader = joined.find(({ memberId, leaderId }) => memberId === leaderId)!
  const assignments = leader.members.map(({ id }) => ({ memberId: id, assignment: Buffer.from(`for ${id}`) }))
  const followers = joined.filter(one => one !== leader)
  const sync = async (...args: Parameters<Group['sync']>) => group.sync(...args)
  const synced = followers.map(({ memberId, generation }) => sync(memberId, generation, []))
  synced.push(sync(leader.memberId, leader.generation, assignments))
  const results = await Promise.all(synced)
  expect(results.map(({ assignment }) => String(assignment))).toEqual(
    [...followers, leader].map(({ memberId }) => `for ${memberId}`),
  )
}

describe('a group', () => {
  it('sends a new member back once with its id, when the member can bear that', async () => {
    const group = newGroup()
    const first = await join(group, { mustKnowMemberId: true })
    expect(first).toMatchObject({ errorCode: errorCodes.MEMBER_ID_REQUIRED, memberId: 'm0' })
    const second = await join(group, { mustKnowMemberId: true, memberId: 'm0' })
    expect(second).toMatchObject({ errorCode: 0, memberId: 'm0', generation: 1, leaderId: 'm0' })
    const unknown = await join(group, { mustKnowMemberId: true, memberId: 'other' })
    expect(unknown.errorCode).toBe(errorCodes.UNKNOWN_MEMBER_ID)
  })

  it('waits a moment for more members at first, and tells only the leader who they are', async () => {
    const group = newGroup()
    const [leader, follower] = await formGroup(group, 2)
    expect(leader?.members.map(({ id, metadata }) => `${id} ${metadata}`)).toEqual(['m0 p', 'm1 p'])
    expect(follower).toMatchObject({ leaderId: 'm0', members: [], generation: 1, protocol: 'range' })
    expect(group.state).toBe('Stable')
  })

  it('begins a generation anew when a member comes, as soon as the others have joined again', async () => {
    const group = newGroup()
    const [leader, follower] = await formGroup(group, 2)
    const third = join(group)
    expect(group.heartbeat('m0', 1)).toBe(errorCodes.REBALANCE_IN_PROGRESS)
    expect(await group.sync('m1', 1, [])).toMatchObject({ errorCode: errorCodes.REBALANCE_IN_PROGRESS })
    const again = [leader!, follower!].map(({ memberId }) => join(group, { memberId }))
    const joined = await Promise.all([...again, third])
    expect(joined.map(({ generation, errorCode }) => [generation, errorCode])).toEqual([
      [2, 0],
      [2, 0],
      [2, 0],
    ])
    await syncAll(group, joined)
    expect(group.heartbeat('m2', 1)).toBe(errorCodes.ILLEGAL_GENERATION)
    expect(group.heartbeat('m2', 2)).toBe(0)
  })

  it('answers a follower that joins again with the same protocols without a rebalance, and a leader with one', async () => {
    const group = newGroup()
    await formGroup(group, 2)
    expect(await join(group, { memberId: 'm1' })).toMatchObject({ generation: 1, errorCode: 0 })
    expect(group.state).toBe('Stable')
    const leading = join(group, { memberId: 'm0' })
    expect(group.state).toBe('PreparingRebalance')
    const following = join(group, { memberId: 'm1' })
    expect(await Promise.all([leading, following])).toMatchObject([{ generation: 2 }, { generation: 2 }])
  })

  it('rebalances when a follower comes back with other metadata', async () => {
    const group = newGroup()
    await formGroup(group, 2)
    const protocols = [{ name: 'range', metadata: Buffer.from('other topics') }]
    void join(group, { memberId: 'm1', protocols })
    expect(group.state).toBe('PreparingRebalance')
  })

  it('rebalances when a member leaves, and is empty when the last one does', async () => {
    const group = newGroup()
    await formGroup(group, 2)
    expect(group.leave('m0', null)).toBe(0)
    const rejoined = await join(group, { memberId: 'm1' })
    expect(rejoined).toMatchObject({ generation: 2, leaderId: 'm1' })
    expect(group.leave('m1', null)).toBe(0)
    expect(group.leave('m1', null)).toBe(errorCodes.UNKNOWN_MEMBER_ID)
    expect(group).toMatchObject({ state: 'Empty', isEmpty: true })
  })

  it('puts out a member that does not join again in time, and one that is silent', async () => {
    const group = newGroup()
    const first = await join(group, { rebalanceTimeoutMs: 50 })
    await syncAll(group, [first])
    const second = await join(group, { rebalanceTimeoutMs: 50, sessionTimeoutMs: 50 })
    expect(second).toMatchObject({ errorCode: 0, leaderId: 'm1', generation: 2 })
    expect(group.heartbeat('m0', 1)).toBe(errorCodes.UNKNOWN_MEMBER_ID)
    await vi.waitFor(() => expect(group.state).toBe('Empty'), WAIT)
  })

  it('chooses the protocol that all know and most prefer, and refuses who shares none', async () => {
    const group = newGroup()
    const protocols = (...names: string[]) => names.map(name => ({ name, metadata: Buffer.from(name) }))
    const joined = await Promise.all([
      join(group, { protocols: protocols('x', 'a', 'b') }),
      join(group, { protocols: protocols('b', 'a') }),
      join(group, { protocols: protocols('b', 'a') }),
      join(group, { protocols: protocols('x') }),
      join(group, { protocolType: 'connect', protocols: protocols('a') }),
    ])
    expect(joined.map(({ protocol }) => protocol)).toEqual(['b', 'b', 'b', '', ''])
    expect(joined[3]?.errorCode).toBe(errorCodes.INCONSISTENT_GROUP_PROTOCOL)
    expect(joined[4]?.errorCode).toBe(errorCodes.INCONSISTENT_GROUP_PROTOCOL)
    expect(joined[0]?.members.map(({ metadata }) => String(metadata))).toEqual(['b', 'b', 'b'])
  })

  it('lets a static member take its predecessor over, who is fenced', async () => {
    const group = newGroup()
    const first = await join(group, { instanceId: 'i' })
    await syncAll(group, [first])
    const second = await join(group, { instanceId: 'i' })
    expect(second).toMatchObject({ errorCode: 0, leaderId: second.memberId })
    expect(group.heartbeat(first.memberId, first.generation)).toBe(errorCodes.UNKNOWN_MEMBER_ID)
    expect(group.leave('', 'i')).toBe(0)
    expect(group.isEmpty).toBe(true)
  })

  it('takes commits from its members, from nobody between join and sync, and from outsiders only while it is empty', async () => {
    const group = newGroup()
    expect(group.checkCommit('', -1)).toBe(0)
    const joined = await join(group)
    expect(group.checkCommit('m0', 1)).toBe(errorCodes.REBALANCE_IN_PROGRESS)
    await syncAll(group, [joined])
    expect(group.checkCommit('m0', 1)).toBe(0)
    expect(group.checkCommit('m0', 0)).toBe(errorCodes.ILLEGAL_GENERATION)
    expect(group.checkCommit('', -1)).toBe(errorCodes.UNKNOWN_MEMBER_ID)
  })
})
