import {
  afterEndOfWindow,
  afterProcessingTime,
  atEnd,
  type Evictor,
  everyCount,
  everyEventTime,
  everyProcessingTime,
  everyRecord,
  keepCount,
  keepNear,
  keepTime,
  type MergingTrigger,
  never,
  purging,
} from '@rtp/stream-core'
import type { CaseOptions } from './case-options.ts'
import type { CaseElement } from './conformance-case.ts'
import { UnsupportedCase } from './conformance-kind.ts'

/** The trigger that a case describes; undefined where it names none. */
export function caseTrigger(options: CaseOptions | undefined): MergingTrigger<CaseElement> | undefined {
  if (options === undefined) return undefined
  const trigger = plainTrigger(options)
  return options.boolean('purge', false) ? purging(trigger) : trigger
}

function plainTrigger(options: CaseOptions): MergingTrigger<CaseElement> {
  switch (options.text('type')) {
    case 'eventTime':
    case 'processingTime':
      return atEnd()
    case 'count':
      return everyCount(options.number('count'))
    case 'everyElement':
      return everyRecord()
    case 'never':
      return never()
    case 'continuousEventTime':
      return everyEventTime(options.number('interval'))
    case 'continuousProcessingTime':
      return everyProcessingTime(options.number('interval'))
    case 'processingTimeEvery':
      return afterProcessingTime(options.number('interval'))
    case 'eventTimeAndCleanupPurge':
      return EVENT_TIME_AND_CLEANUP_PURGE
    case 'afterEndOfWindow': {
      const [early, late] = [caseTrigger(options.nested('early')), caseTrigger(options.nested('late'))]
      return afterEndOfWindow<CaseElement>({
        ...(early === undefined ? {} : { early }),
        ...(late === undefined ? {} : { late }),
      })
    }
    default:
      throw new UnsupportedCase(`the adapter does not know the trigger "${options.text('type')}"`)
  }
}

/** What a test of Flink brings along: fires and purges at the window's end, and again when it is forgotten. */
const EVENT_TIME_AND_CLEANUP_PURGE: MergingTrigger<CaseElement, never> = {
  name: 'at the end and when forgotten',
  onRecord(_value, _time, context) {
    if (context.isOver) return 'fire'
    context.setTimer(context.endsAt)
    context.setTimer(context.forgottenAt)
    return 'continue'
  },
  onEventTime: (time, { endsAt, forgottenAt }) =>
    time === endsAt || time === forgottenAt ? 'fireAndPurge' : 'continue',
  onMerge(_states, context) {
    context.setTimer(context.endsAt)
    context.setTimer(context.forgottenAt)
  },
}

/** The evictor that a case describes; undefined where it names none. */
export function caseEvictor(options: CaseOptions | undefined): Evictor<CaseElement> | undefined {
  if (options === undefined) return undefined
  const when = options.oneOf('when', ['before', 'after'], 'before')
  switch (options.text('type')) {
    case 'count':
      return keepCount(options.number('max'), when)
    case 'time':
      return keepTime(options.number('window'), when)
    case 'delta': {
      options.oneOf('delta', ['last - element'])
      return keepNear<CaseElement>(options.number('threshold'), (then, last) => numberOf(last) - numberOf(then), when)
    }
    default:
      throw new UnsupportedCase(`the adapter does not know the evictor "${options.text('type')}"`)
  }
}

export function numberOf({ value }: CaseElement): number {
  return Number(value)
}
