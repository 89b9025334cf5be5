/** A member of a group, as it joins. */
export interface DealtMember {
  readonly id: string
  readonly topics: readonly string[]
  /** What it was dealt last, by topic. */
  readonly owned: ReadonlyMap<string, readonly number[]>
  /** When that was: of two members that claim the same, the later one is right. */
  readonly generation: number
}

/** What each member gets: partitions by topic, in order. Members without any are in it, too. */
export type Deal = ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>

/**
 * Deals the partitions of a group's topics to its members: each to exactly one that wants its topic.
 *
 * - **Together**: partition i of all topics that the same members want goes to one member, as task i reads all of them.
 * - **Balanced**: members get equally many of these tasks, or one more or less.
 * - **Sticky**: a member keeps what it has as far as balance allows; no fewer tasks could move.
 *
 * The same members give the same deal, in whatever order they are named.
 */
export function dealPartitions(members: readonly DealtMember[], partitionsOf: (topic: string) => number): Deal {
  const sorted = [...members].sort((one, other) => compare(one.id, other.id))
  const dealt = new Map(sorted.map(({ id }) => [id, new Map<string, number[]>()]))
  for (const { topics, members: wanting } of cohorts(sorted)) {
    const tasks = Math.max(...topics.map(partitionsOf))
    for (const [id, own] of dealTasks(wanting, topics, tasks)) {
      for (const topic of topics) {
        const partitions = own.filter(task => task < partitionsOf(topic))
        if (partitions.length > 0) dealt.get(id)!.set(topic, partitions)
      }
    }
  }
  return dealt
}

interface Cohort {
  readonly topics: readonly string[]
  readonly members: readonly DealtMember[]
}

/** Topics that the same members want: one cohort, unless two versions of a job are in the group. */
function cohorts(members: readonly DealtMember[]): Cohort[] {
  const byMembers = new Map<string, { topics: string[]; members: DealtMember[] }>()
  for (const topic of [...new Set(members.flatMap(({ topics }) => topics))].sort(compare)) {
    const wanting = members.filter(({ topics }) => topics.includes(topic))
    const key = JSON.stringify(wanting.map(({ id }) => id))
    const cohort = byMembers.get(key)
    if (cohort) cohort.topics.push(topic)
    else byMembers.set(key, { topics: [topic], members: wanting })
  }
  return [...byMembers.values()]
}

/** The tasks of each member, in order. */
function dealTasks(
  members: readonly DealtMember[],
  topics: readonly string[],
  tasks: number,
): ReadonlyMap<string, readonly number[]> {
  const kept = claims(members, topics, tasks)
  const few = Math.floor(tasks / members.length)
  let larger = tasks % members.length
  // Those who have most may have one more: so the fewest move.
  for (const own of [...kept.values()].sort((one, other) => other.length - one.length)) {
    own.splice(larger > 0 ? few + 1 : few)
    if (own.length > few) larger--
  }
  const isKept = new Set([...kept.values()].flat())
  const free = Array.from({ length: tasks }, (_, task) => task).filter(task => !isKept.has(task))
  for (const least of [few, few + 1]) {
    for (const own of kept.values()) {
      if (least > few && larger === 0) break
      const missing = Math.max(0, least - own.length)
      own.push(...free.splice(0, missing))
      if (least > few) larger -= missing
    }
  }
  for (const own of kept.values()) own.sort((one, other) => one - other)
  return kept
}

/** Which tasks each member has already; a task that several claim is of the one that got it last. */
function claims(members: readonly DealtMember[], topics: readonly string[], tasks: number): Map<string, number[]> {
  const owners = new Map<number, DealtMember>()
  for (const member of members) {
    for (const topic of topics) {
      for (const task of member.owned.get(topic) ?? []) {
        const owner = owners.get(task)
        const isTask = Number.isSafeInteger(task) && task >= 0 && task < tasks
        if (isTask && (owner === undefined || member.generation > owner.generation)) owners.set(task, member)
      }
    }
  }
  const kept = new Map<string, number[]>(members.map(({ id }) => [id, []]))
  for (const [task, { id }] of [...owners].sort(([one], [other]) => one - other)) kept.get(id)!.push(task)
  return kept
}

/** Not by locale: every process must come to the same order. */
function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
