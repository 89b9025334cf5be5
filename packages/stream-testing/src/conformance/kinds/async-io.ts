import { pipeline } from '@rtp/stream-core'
import type { CaseOptions } from '../case-options.ts'
import type { CaseElement, CaseResult } from '../conformance-case.ts'
import { type ConformanceKind, UnsupportedCase } from '../conformance-kind.ts'
import { operatorSubject } from '../operator-subject.ts'
import { specOf } from '../spec-of.ts'

export const asyncIoKind: ConformanceKind = {
  kind: 'asyncIO',
  dialects: ['flink'],
  start(options) {
    const program = programOf(options)
    const capacity = options.number('capacity', 100)
    const timeoutMs = options.number('timeout', 0)
    const { onTimeout } = program
    let release = () => {}
    const released = new Promise<void>(resolve => {
      release = resolve
    })
    if (!program.isHeld) release()
    const mapped = pipeline('async')
      .from<CaseElement>([])
      .mapAsync(
        async ({ key, value }) => {
          await released
          return { key, value: program.result(value) }
        },
        {
          concurrency: capacity,
          capacity,
          ordered: options.oneOf('mode', ['ordered', 'unordered'], 'ordered') === 'ordered',
          ...(timeoutMs === 0 ? {} : { timeoutMs }),
          ...(onTimeout === undefined ? {} : { onTimeout: ({ key, value }) => ({ key, value: onTimeout(value) }) }),
        },
      )
    let isOver = false
    const subject = operatorSubject<CaseElement, CaseResult>({
      spec: specOf(mapped),
      record: item => item.element,
      drains: false,
      feed(item) {
        if (!('releaseAsync' in item)) return false
        release()
        return true
      },
      result: ({ key, value }, ts) => ({ key, value, ts }),
    })
    return {
      ...subject,
      async finish() {
        await subject.finish?.()
        isOver = true
      },
      // When a result comes is up to the calls; what counts is what has come in the end.
      take: () => (isOver ? subject.take() : { results: [], late: [] }),
    }
  },
}

type Compute = (value: unknown) => number

interface Program {
  readonly result: Compute
  readonly onTimeout: Compute | undefined
  /** True when calls end by an item of the case. */
  readonly isHeld: boolean
}

/** `value*2 (completes only at the release)`, and `value*3` where a time-out gives a result. */
function programOf(options: CaseOptions): Program {
  const text = options.text('program')
  const onTimeout =
    options.any('onTimeout') ??
    options.any('timeoutProgram') ??
    /time-?out[^;]*?(value(?:\s*\*\s*\d+)?)/i.exec(text)?.[1]
  return {
    result: computeOf(text),
    onTimeout: onTimeout === undefined || onTimeout === 'fail' ? undefined : computeOf(String(onTimeout)),
    isHeld: /release/.test(text),
  }
}

function computeOf(text: string): Compute {
  const found = /^value(?:\s*\*\s*(\d+))?/.exec(text)
  if (found === null) throw new UnsupportedCase(`program "${text}"`)
  const factor = Number(found[1] ?? 1)
  return value => (value as number) * factor
}
