import {
  type CalendarOptions,
  type CalendarUnit,
  calendar,
  cumulate,
  global,
  sessions,
  sliding,
  type TimeDomain,
  type TimeWindow,
  tumbling,
  type WindowAssigner,
} from '@rtp/stream-core'
import type { CaseOptions } from './case-options.ts'
import type { CaseElement, CaseWindow } from './conformance-case.ts'

/** The kinds of windows that cases name. */
export const WINDOW_TYPES = ['tumbling', 'sliding', 'session', 'global', 'count', 'cumulate', 'calendar'] as const
export type WindowType = (typeof WINDOW_TYPES)[number]

/** The assigner that a case describes; its elements say their own gap where the case leaves it to them. */
export function caseAssigner(
  type: Exclude<WindowType, 'count'>,
  options: CaseOptions,
  time: TimeDomain = 'event',
): WindowAssigner<CaseElement> {
  switch (type) {
    case 'tumbling':
      return tumbling(options.number('size'), offsetOf(options), time)
    case 'sliding':
      return sliding(options.number('size'), options.number('slide'), options.number('offset', 0), time)
    case 'cumulate':
      return cumulate(options.number('size'), options.number('step'), options.number('offset', 0), time)
    case 'session':
      return sessions<CaseElement>(options.any('gap') === 'perElement' ? gapOf : options.number('gap'), time)
    case 'global':
      return global()
    case 'calendar':
      return calendar(options.text('unit') as CalendarUnit, calendarOptions(options), time)
  }
}

/** A window as cases write it. */
export function caseWindow({ start, end }: TimeWindow): CaseWindow | 'global' {
  return end === Number.POSITIVE_INFINITY ? 'global' : { start, end }
}

function gapOf({ gap }: CaseElement): number {
  return gap ?? Number.NaN
}

/** Natural stagger: windows start where the wall clock stood at the first element. */
function offsetOf(options: CaseOptions): number {
  const stagger = options.oneOf('stagger', ['aligned', 'natural'], 'aligned')
  const offset = options.number('offset', 0)
  return stagger === 'aligned'
    ? offset
    : (offset + options.number('firstElementProcessingTime')) % options.number('size')
}

function calendarOptions(options: CaseOptions): CalendarOptions {
  const result: Record<string, unknown> = {}
  if (options.has('count')) result['count'] = options.number('count')
  if (options.has('timeZone')) result['timeZone'] = options.text('timeZone')
  if (options.has('start')) result['start'] = options.text('start')
  if (options.has('startDay')) result['weekStart'] = options.text('startDay').toLowerCase()
  return result
}
