import type { Batch, Sink } from '@rtp/stream-core/extend'

/** Mistakes that sinks make; each must be found by the contract. */
export const sinkBugs = [
  'calls itself idempotent and appends',
  'counts a part wrong',
  'forgets what came after a seal',
  'gives its parts in reverse order',
  'has room for everything',
  'is never ready again',
  'keeps a lent batch',
  'makes everything durable at close',
  'mixes its openings',
  'seals parts without records',
  'shows records when they are written',
  'takes a whole column',
] as const

export type SinkBug = (typeof sinkBugs)[number]

/** A sink as simple as can be, with a mistake if told so; `target` is what its readers see. */
export function plainSink(target: number[], bug?: SinkBug): Sink<number> {
  const shared: number[] = []
  return {
    name: 'plain',
    rewrite: bug === 'calls itself idempotent and appends' ? 'idempotent' : 'append',
    async open() {
      let open: (number | (() => number[]))[] = bug === 'mixes its openings' ? (shared as number[]) : []
      let waiting = 0
      let wakeUps: (() => void)[] = []
      const valuesOf = () => open.flatMap(one => (typeof one === 'number' ? [one] : one()))
      return {
        write(batch: Batch<number>) {
          const size = bug === 'takes a whole column' ? batch.values.length : batch.size
          waiting += size
          if (bug === 'shows records when they are written') target.push(...batch.values.slice(0, size))
          else if (bug === 'keeps a lent batch') open.push(() => batch.values.slice(0, size))
          else open.push(...batch.values.slice(0, size))
        },
        ready() {
          if (waiting < 5_000 || bug === 'has room for everything') return undefined
          return new Promise(resolve => wakeUps.push(resolve))
        },
        seal() {
          const records = valuesOf()
          if (records.length === 0 && waiting === 0 && bug !== 'seals parts without records') return undefined
          if (bug === 'gives its parts in reverse order') records.reverse()
          const part = open
          open = []
          return {
            records: bug === 'counts a part wrong' ? 1 : records.length,
            bytes: 0,
            async flush() {
              if (bug === 'forgets what came after a seal') open = []
              if (bug === 'mixes its openings') part.length = 0
              if (bug !== 'shows records when they are written') target.push(...records)
              waiting -= records.length
              if (bug === 'is never ready again') return
              for (const wakeUp of wakeUps) wakeUp()
              wakeUps = []
            },
          }
        },
        async close() {
          if (bug === 'makes everything durable at close') target.push(...valuesOf())
        },
      }
    },
  }
}
