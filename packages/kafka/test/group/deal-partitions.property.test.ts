import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { propertyRuns } from '../../../../runs.preset.ts'
import { type Deal, type DealtMember, dealPartitions } from '../../src/group/deal-partitions.ts'
import { readSubscription, writeSubscription } from '../../src/group/membership-records.ts'

const TOPICS = ['orders', 'payments', 'refunds']

const memberIds = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 8 })
/** Claims may be anything: of partitions that do not exist, of topics that nobody reads, of the same partition by all. */
const owned = fc
  .array(fc.tuple(fc.constantFrom(...TOPICS, 'gone'), fc.array(fc.integer({ min: -1, max: 14 }), { maxLength: 8 })), {
    maxLength: 3,
  })
  .map(entries => new Map(entries))
const generation = fc.integer({ min: -1, max: 5 })

/** A group whose members all read the same topics. */
const uniformGroup = fc
  .record({ ids: memberIds, topics: fc.subarray(TOPICS, { minLength: 1 }) })
  .chain(({ ids, topics }) =>
    fc.tuple(...ids.map(id => fc.record({ id: fc.constant(id), topics: fc.constant(topics), owned, generation }))),
  )
/** One in which each may read others. */
const mixedGroup = memberIds.chain(ids =>
  fc.tuple(
    ...ids.map(id =>
      fc.record({ id: fc.constant(id), topics: fc.subarray(TOPICS, { minLength: 1 }), owned, generation }),
    ),
  ),
)

/** The members after a deal: each knows what it got. */
function after(members: readonly DealtMember[], deal: Deal): DealtMember[] {
  return members.map(member => ({ ...member, owned: deal.get(member.id)!, generation: member.generation + 10 }))
}

function tasksOf(deal: Deal, id: string, topic: string): readonly number[] {
  return deal.get(id)?.get(topic) ?? []
}

describe('dealing partitions', () => {
  it('gives each partition to exactly one member, and only to those that read its topic', () => {
    fc.assert(
      fc.property(mixedGroup, fc.tuple(...TOPICS.map(() => fc.nat(12))), (members, counts) => {
        const partitionsOf = (topic: string): number => counts[TOPICS.indexOf(topic)]!
        const deal = dealPartitions(members, partitionsOf)
        expect([...deal.keys()].sort()).toEqual(members.map(({ id }) => id).sort())
        for (const topic of TOPICS) {
          const dealt = members.flatMap(({ id }) => tasksOf(deal, id, topic))
          const isRead = members.some(({ topics }) => topics.includes(topic))
          const all = Array.from({ length: isRead ? partitionsOf(topic) : 0 }, (_, partition) => partition)
          expect(dealt.sort((one, other) => one - other)).toEqual(all)
          for (const { id, topics } of members) {
            if (!topics.includes(topic)) expect(tasksOf(deal, id, topic)).toEqual([])
          }
        }
      }),
      { numRuns: propertyRuns() },
    )
  })

  it('gives partition i of all topics to one member, and members equally many, or one more or less', () => {
    fc.assert(
      fc.property(uniformGroup, fc.nat(14), (members, partitions) => {
        const deal = dealPartitions(members, () => partitions)
        const [first, ...others] = members[0]!.topics
        for (const { id } of members) {
          for (const topic of others) expect(tasksOf(deal, id, topic)).toEqual(tasksOf(deal, id, first!))
        }
        const counts = members.map(({ id }) => tasksOf(deal, id, first!).length)
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
      }),
      { numRuns: propertyRuns() },
    )
  })

  it('does not depend on the order in which members and topics are named', () => {
    fc.assert(
      fc.property(
        mixedGroup,
        fc.nat(12),
        fc.infiniteStream(fc.double({ noNaN: true })),
        (members, partitions, random) => {
          const shuffled = members
            .map(member => ({ member: { ...member, topics: [...member.topics].reverse() }, at: random.next().value }))
            .sort((one, other) => one.at - other.at)
            .map(({ member }) => member)
          const plain = (deal: Deal) => [...deal].map(([id, topics]) => [id, [...topics].sort()]).sort()
          expect(plain(dealPartitions(shuffled, () => partitions))).toEqual(
            plain(dealPartitions(members, () => partitions)),
          )
        },
      ),
      { numRuns: propertyRuns() },
    )
  })

  it('changes nothing when nothing has changed', () => {
    fc.assert(
      fc.property(uniformGroup, fc.nat(14), (members, partitions) => {
        const deal = dealPartitions(members, () => partitions)
        expect(dealPartitions(after(members, deal), () => partitions)).toEqual(deal)
      }),
      { numRuns: propertyRuns() },
    )
  })

  it('moves no more tasks than must move when members join and leave', () => {
    fc.assert(
      fc.property(uniformGroup, fc.nat(14), fc.nat(7), memberIds, (members, partitions, leaving, newcomers) => {
        const [topic] = members[0]!.topics
        const before = dealPartitions(members, () => partitions)
        const staying = after(members, before).filter((_, at) => at !== leaving)
        const known = new Set(members.map(({ id }) => id))
        const joining = newcomers
          .filter(id => !known.has(id))
          .map(id => ({ id, topics: members[0]!.topics, owned: new Map(), generation: -1 }))
        const now = [...staying, ...joining]
        fc.pre(now.length > 0)
        const deal = dealPartitions(now, () => partitions)
        const kept = staying.reduce((sum, { id }) => {
          const had = new Set(tasksOf(before, id, topic!))
          return sum + tasksOf(deal, id, topic!).filter(task => had.has(task)).length
        }, 0)
        // Whoever stays keeps all it had, up to its share; and as many shares as possible are the larger ones.
        const few = Math.floor(partitions / now.length)
        const had = staying.map(({ id }) => tasksOf(before, id, topic!).length)
        const larger = Math.min(partitions % now.length, had.filter(count => count > few).length)
        expect(kept).toBe(had.reduce((sum, count) => sum + Math.min(count, few), 0) + larger)
      }),
      { numRuns: propertyRuns() },
    )
  })

  it('believes the one that got a task last, where several claim it', () => {
    const claimed = (id: string, generation: number): DealtMember => ({
      id,
      topics: ['orders'],
      owned: new Map([['orders', [0]]]),
      generation,
    })
    const deal = dealPartitions([claimed('back again', 3), claimed('owner', 7)], () => 2)
    expect(tasksOf(deal, 'owner', 'orders')).toEqual([0])
    expect(tasksOf(deal, 'back again', 'orders')).toEqual([1])
  })
})

describe('what members say of themselves', () => {
  it('comes back as it was written', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string()), owned, generation, (topics, partitions, since) => {
        const subscription = { topics, owned: partitions, generation: since }
        expect(readSubscription(writeSubscription(subscription))).toEqual(subscription)
      }),
      { numRuns: propertyRuns() },
    )
  })

  it('may be any bytes: the topics count where they can be read, the claim only where all of it can', () => {
    const bytes = fc.oneof(
      fc.uint8Array(),
      fc
        .tuple(owned, generation, fc.nat(60), fc.uint8Array({ maxLength: 4 }))
        .map(([partitions, since, at, damage]) => {
          const written = writeSubscription({ topics: ['orders'], owned: partitions, generation: since })
          written.set(damage.subarray(0, Math.max(0, written.length - at)), Math.min(at, written.length))
          return new Uint8Array(written)
        }),
    )
    fc.assert(
      fc.property(bytes, damaged => {
        const read = readSubscription(Buffer.from(damaged))
        const member = { id: 'one', ...read, topics: ['orders'] }
        expect(
          tasksOf(
            dealPartitions([member], () => 3),
            'one',
            'orders',
          ),
        ).toEqual([0, 1, 2])
      }),
      { numRuns: propertyRuns() },
    )
    const ofLaterVersion = writeSubscription({ topics: ['orders'], owned: new Map(), generation: 1 })
    // Version, generation, number of topics: the last nine bytes.
    ofLaterVersion[ofLaterVersion.length - 9] = 99
    expect(readSubscription(ofLaterVersion)).toEqual({ topics: ['orders'], owned: new Map(), generation: -1 })
  })
})
