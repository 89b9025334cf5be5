import fc from 'fast-check'
import type { ModelTask } from './model-task.ts'
import type { Event, ModelRecord } from './window-model.ts'

export type Command =
  | { readonly do: 'feed'; readonly partition: number; readonly records: number }
  | { readonly do: 'idle'; readonly partition: number }
  | { readonly do: 'quiet' }
  | { readonly do: 'checkpoint' }
  | { readonly do: 'crash' }

const partitions = fc.nat(2)
export const commands: fc.Arbitrary<Command[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant('feed' as const),
        partition: partitions,
        records: fc.integer({ min: 1, max: 12 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('idle' as const), partition: partitions }) },
    { weight: 1, arbitrary: fc.constant({ do: 'quiet' as const }) },
    { weight: 2, arbitrary: fc.constant({ do: 'checkpoint' as const }) },
    { weight: 1, arbitrary: fc.constant({ do: 'crash' as const }) },
  ),
  { maxLength: 80, size: 'max' },
)

/** Times that grow by 2 ms a record, each shaken by up to 60 ms: some are late, some far ahead. */
const shaken = fc.array(
  fc.record({ shake: fc.integer({ min: -60, max: 15 }), key: fc.constantFrom('a', 'b', '1', 1, -1) }),
  {
    maxLength: 60,
    size: 'max',
  },
)

/** A script of shaken times for each of three partitions. */
export const scripts: fc.Arbitrary<ModelRecord[][]> = fc.array(shaken, { minLength: 3, maxLength: 3 }).map(recordsOf)

/** Does what the commands say, then reads what is left and ends; returns what happened, without what a crash undid. */
export function drive(
  task: ModelTask<unknown>,
  scripts: readonly (readonly ModelRecord[])[],
  todo: readonly Command[],
): Event[] {
  const events: Event[] = []
  let checkpointed = 0

  function feed(partition: number, count: number): void {
    const from = task.position(partition)
    const records = scripts[partition]!.slice(from, from + count)
    if (records.length === 0) return
    task.feed(partition, records)
    for (const record of records) events.push({ type: 'record', record })
  }

  function happen(event: Exclude<Event, { readonly type: 'record' }>): void {
    task.happen(event)
    events.push(event)
  }

  for (const command of todo) {
    const partition = 'partition' in command ? command.partition % scripts.length : 0
    if (command.do === 'feed') feed(partition, command.records)
    else if (command.do === 'idle') happen({ type: 'idle', partition })
    else if (command.do === 'quiet') happen({ type: 'quiet' })
    else if (command.do === 'checkpoint') {
      task.checkpoint()
      checkpointed = events.length
    } else {
      task.crash()
      events.length = checkpointed
    }
  }
  for (const partition of scripts.keys()) feed(partition, Number.POSITIVE_INFINITY)
  happen({ type: 'end' })
  return events
}

function recordsOf(
  scripts: readonly (readonly { readonly shake: number; readonly key: string | number }[])[],
): ModelRecord[][] {
  return scripts.map((script, partition) =>
    script.map(({ shake, key }, i) => ({ partition, time: i * 2 + shake, key, n: partition * 1_000 + i })),
  )
}
