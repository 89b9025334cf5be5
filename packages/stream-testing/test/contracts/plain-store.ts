import { type Checkpoint, type CheckpointStore, type RestoredTask, StreamError } from '@rtp/stream-core/extend'

/** Mistakes that stores make; each must be found by the contract. */
export const storeBugs = [
  'adds positions to the old ones',
  'commits task by task',
  'compares no positions',
  'does not check the epoch',
  'does not check the sequence',
  'drops the changes behind a full snapshot',
  'forgets the layout',
  'gives every owner the same epoch',
  'keeps what came before a full snapshot',
  'keeps what is not needed beside what is',
  'makes tasks that nobody acquired',
  'mixes the tasks of all jobs',
  'returns tasks in an order of its own',
  'swallows outputs',
  'takes a snapshot without those that it needs',
] as const

export type StoreBug = (typeof storeBugs)[number]

/** A store as simple as can be, with a mistake if told so. */
export function plainStore(bug?: StoreBug): CheckpointStore {
  const tasks = new Map<string, RestoredTask>()
  let job = ''
  const at = (task: string) => (bug === 'mixes the tasks of all jobs' ? task : `${job}/${task}`)

  function check(checkpoint: Checkpoint): void {
    for (const next of checkpoint.tasks) {
      const stored = tasks.get(at(next.task))
      if (stored === undefined) {
        if (bug !== 'makes tasks that nobody acquired') throw fenced()
        continue
      }
      if (bug !== 'does not check the epoch' && stored.epoch !== next.epoch) throw fenced()
      if (bug !== 'does not check the sequence' && stored.sequence + 1 !== next.sequence) throw fenced()
      const positions = JSON.stringify([[...stored.positions].sort(), [...next.previous].sort()])
      const isSame = JSON.stringify(JSON.parse(positions)[0]) === JSON.stringify(JSON.parse(positions)[1])
      if (bug !== 'compares no positions' && !isSame) throw fenced()
      const isMissing = next.needs > stored.snapshots.length
      if (bug !== 'takes a snapshot without those that it needs' && isMissing) throw fenced()
    }
  }

  function replace({ tasks: steps }: Checkpoint): void {
    for (const { snapshot, needs, previous: _, ...next } of steps) {
      const stored = tasks.get(at(next.task))
      const before = stored?.snapshots ?? []
      const keepsAll = bug === 'keeps what came before a full snapshot'
      const keepsRest = bug === 'keeps what is not needed beside what is' && needs > 0
      const snapshots = keepsAll || keepsRest ? before : before.slice(Math.max(0, before.length - needs))
      const isDropped = needs > 0 && bug === 'drops the changes behind a full snapshot'
      const old = bug === 'adds positions to the old ones' ? [...(stored?.positions ?? [])] : []
      tasks.set(at(next.task), {
        ...next,
        layout: bug === 'forgets the layout' ? undefined : next.layout,
        positions: new Map([...old, ...next.positions]),
        snapshots: isDropped ? snapshots : [...snapshots, snapshot],
      })
    }
  }

  return {
    name: 'plain',
    durable: false,
    async open(context) {
      job = context.job
    },
    async acquire(names) {
      const ordered = bug === 'returns tasks in an order of its own' ? [...names].sort() : names
      return ordered.map(task => {
        const fresh: RestoredTask = {
          task,
          epoch: 0,
          sequence: 0,
          positions: new Map(),
          layout: undefined,
          snapshots: [],
        }
        const stored = tasks.get(at(task)) ?? fresh
        const taken = { ...stored, epoch: bug === 'gives every owner the same epoch' ? 1 : stored.epoch + 1 }
        tasks.set(at(task), taken)
        return taken
      })
    },
    async commit(checkpoint, outputs) {
      if (outputs.length > 0 && bug !== 'swallows outputs')
        throw new StreamError('CHECKPOINT_FAILED', 'no outputs here.')
      if (bug === 'commits task by task') {
        for (const task of checkpoint.tasks) {
          check({ ...checkpoint, tasks: [task] })
          replace({ ...checkpoint, tasks: [task] })
        }
        return
      }
      check(checkpoint)
      replace(checkpoint)
    },
    async close() {},
  }
}

function fenced(): StreamError {
  return new StreamError('FENCED', 'another owner has taken over.')
}
