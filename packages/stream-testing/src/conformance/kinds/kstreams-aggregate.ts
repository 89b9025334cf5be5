import { type Aggregate, count, customAggregate, sum } from '@rtp/stream-core'
import type { CaseOptions } from '../case-options.ts'
import type { CaseElement } from '../conformance-case.ts'

/** The aggregate of a case in Kafka Streams' dialect: an initialiser and an adder, or a reducer where `init` is null. */
export function kafkaAggregate(options: CaseOptions): Aggregate<CaseElement, unknown> {
  const name = options.oneOf('aggregate', ['concat', 'count', 'sum', 'list'])
  if (name === 'count') return count()
  if (name === 'sum') return sum(({ value }) => Number(value))
  if (name === 'list') return listed()
  const init = options.any('init')
  return concatenated(init === undefined ? '0' : init)
}

/** `init+first+second`; without an initial value `first+second`. */
function concatenated(init: unknown): Aggregate<CaseElement, string> {
  return customAggregate<CaseElement, string | null, string>({
    create: () => (init === null ? null : String(init)),
    add: (text, { value }) => (text === null ? String(value) : `${text}+${value}`),
    merge: (a, b) => (a === null || a === init ? (b ?? '') : b === null || b === init ? a : `${a}+${b}`),
    finish: text => text ?? '',
  })
}

function listed(): Aggregate<CaseElement, unknown[]> {
  return customAggregate<CaseElement, unknown[], unknown[]>({
    create: () => [],
    add: (all, { value }) => [...all, value],
    merge: (a, b) => [...a, ...b],
    finish: all => all,
  })
}
