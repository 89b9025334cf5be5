import { type CheckpointStore, pipeline, run, valueState } from '@rtp/stream-core'
import { recordingSink, records, scriptedSource } from '@rtp/stream-testing'

/** Words of which the fourth says that it is the second of its kind, and so on. */
export const WORDS = ['a', 'b', 'a', 'a', 'b', 'a']

/** Runs a job that counts words, with a checkpoint behind each, from where it stands in the store; returns what it gives. */
export async function countWords(store: CheckpointStore, job = 'words', input = WORDS): Promise<readonly unknown[]> {
  const definition = pipeline(job)
  const sink = recordingSink<unknown>()
  definition
    .from(scriptedSource([records(input)], { batchSize: 1 }), { name: 'lines' })
    .keyBy(word => word)
    .process(
      {
        state: { n: valueState(0) },
        onRecord(word, context) {
          context.state.n.set(context.state.n.get() + 1)
          context.emit(`${word}${context.state.n.get()}`)
        },
      },
      { name: 'counts' },
    )
    .sink(sink)
  await run(definition, { store, checkpoint: { records: 1 } }).done
  return sink.values
}
