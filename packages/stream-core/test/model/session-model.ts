import type { Pane, PaneTiming } from '../../src/index.ts'
import type { ModelResult, WindowModelOutputs } from './sliced-model.ts'

export type SessionEvent =
  | {
      readonly type: 'record'
      readonly time: number
      readonly key: string | number
      readonly n: number
      readonly gap: number
    }
  | { readonly type: 'watermark'; readonly time: number }
  | { readonly type: 'quiet' }

/** The rules of session windows word by word: a list of sessions, which is looked through again and again. */
export function sessionModel(latenessMs: number, events: readonly SessionEvent[]): WindowModelOutputs {
  const results: ModelResult[] = []
  const late: { n: number; lateByMs: number }[] = []
  let sessions: Session[] = []
  let opened = 0
  let watermark = Number.NEGATIVE_INFINITY

  const isOver = (end: number): boolean => end - 1 + latenessMs <= watermark

  function emit(session: Session, timing: PaneTiming): void {
    const { key, start, end } = session
    const numbers = [...session.numbers].sort((a, b) => a - b)
    const isLast = timing === 'onTime' && isOver(end)
    results.push({ key, start, end, numbers, pane: { timing, index: session.emissions++, isLast } as Pane })
    session.isEmitted = true
  }

  function due(condition: (end: number) => boolean): Session[] {
    return sessions
      .filter(({ isEmitted, end }) => !isEmitted && condition(end))
      .sort((a, b) => a.end - b.end || a.order - b.order)
  }

  function add(key: string | number, n: number, start: number, end: number): void {
    const members = sessions.filter(one => one.key === key && one.start <= end && start <= one.end)
    if (members.length === 0 && isOver(end)) {
      late.push({ n, lateByMs: watermark - end + 1 - latenessMs })
      return
    }
    sessions = sessions.filter(one => !members.includes(one))
    const merged: Session = {
      key,
      start: Math.min(start, ...members.map(one => one.start)),
      end: Math.max(end, ...members.map(one => one.end)),
      numbers: [...members.flatMap(one => one.numbers), n],
      order: members.length === 0 ? opened++ : Math.min(...members.map(one => one.order)),
      isEmitted: false,
      emissions: Math.max(0, ...members.map(one => one.emissions)),
    }
    sessions.push(merged)
    if (merged.end - 1 <= watermark) emit(merged, 'late')
  }

  for (const event of events) {
    if (event.type === 'record') add(event.key, event.n, event.time, event.time + event.gap)
    else if (event.type === 'quiet') for (const session of due(end => end - 1 > watermark)) emit(session, 'quiet')
    else if (event.time > watermark) {
      const before = watermark
      watermark = event.time
      for (const session of due(end => end - 1 > before && end - 1 <= watermark)) emit(session, 'onTime')
      sessions = sessions.filter(({ end }) => !isOver(end))
    }
  }
  return { results, late }
}

interface Session {
  readonly key: string | number
  readonly start: number
  readonly end: number
  readonly numbers: readonly number[]
  readonly order: number
  isEmitted: boolean
  emissions: number
}
