import { operatorHarness } from '@rtp/stream-testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { propertyRuns } from '../../../../../runs.preset.ts'
import { keyedProcess } from '../../../src/operators/keyed/keyed-process.ts'
import { byKey } from '../by-key.ts'

type Clock = 'event' | 'wall'

/** What a record or a timer does: to which timers of its key. */
interface Act {
  readonly clock: Clock
  readonly deletes: boolean
  readonly time: number
}

type Step =
  | { readonly key: number; readonly acts: readonly Act[] }
  | { readonly watermark: number }
  | { readonly wall: number }
  | { readonly restore: 'all' | 'changes' }

/** Timers do something too: decided by their time alone, so that the model can know. */
function actsOf(time: number): readonly Act[] {
  if (time % 5 === 0) return [{ clock: 'event', deletes: false, time: time + 3 }]
  if (time % 5 === 1) return [{ clock: 'wall', deletes: true, time: time + 2 }]
  return []
}

const subject = keyedProcess<number, Extract<Step, { key: number }>, string, Record<never, never>>(
  {
    onRecord({ acts }, context) {
      for (const { clock, deletes, time } of acts) {
        if (clock === 'event') deletes ? context.deleteTimer(time) : context.setTimer(time)
        else deletes ? context.deleteProcessingTimer(time) : context.setProcessingTimer(time)
      }
    },
    onTimer(time, context) {
      context.emit(`event ${context.key}@${time} behind ${context.watermark}`)
      if (context.watermark === Number.POSITIVE_INFINITY) return
      for (const act of actsOf(time))
        act.clock === 'event' ? context.setTimer(act.time) : context.deleteProcessingTimer(act.time)
    },
    onProcessingTimer: (time, context) => context.emit(`wall ${context.key}@${time}`),
  },
  byKey(value => value.key),
)

/** Timers as a list in order of setting, searched from the front each time. */
class Model {
  readonly out: string[] = []
  #waiting: { clock: Clock; key: number; time: number }[] = []
  #watermark = Number.NEGATIVE_INFINITY
  #wall = 0

  apply(step: Step): void {
    if ('key' in step) for (const act of step.acts) this.#act(step.key, act)
    else if ('watermark' in step) this.#watermark = Math.max(this.#watermark, step.watermark)
    else if ('wall' in step) this.#wall = Math.max(this.#wall, step.wall)
    this.#fire()
  }

  #act(key: number, { clock, deletes, time }: Act): void {
    const isSame = (one: { clock: Clock; key: number; time: number }) =>
      one.clock === clock && one.key === key && one.time === time
    if (deletes) this.#waiting = this.#waiting.filter(one => !isSame(one))
    else if (!this.#waiting.some(isSame)) this.#waiting.push({ clock, key, time })
  }

  #fire(): void {
    for (
      let due = this.#first('event', this.#watermark);
      due !== undefined;
      due = this.#first('event', this.#watermark)
    ) {
      this.out.push(`event ${due.key}@${due.time} behind ${this.#watermark}`)
      if (this.#watermark < Number.POSITIVE_INFINITY) for (const act of actsOf(due.time)) this.#act(due.key, act)
    }
    for (let due = this.#first('wall', this.#wall); due !== undefined; due = this.#first('wall', this.#wall))
      this.out.push(`wall ${due.key}@${due.time}`)
  }

  #first(clock: Clock, now: number) {
    const due = this.#waiting.filter(one => one.clock === clock && one.time <= now)
    const first = due.reduce<(typeof due)[number] | undefined>(
      (best, one) => (best === undefined || one.time < best.time ? one : best),
      undefined,
    )
    this.#waiting = this.#waiting.filter(one => one !== first)
    return first
  }
}

const time = fc.integer({ min: -20, max: 60 })
const act = fc.record({ clock: fc.constantFrom<Clock>('event', 'wall'), deletes: fc.boolean(), time })
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ key: fc.integer({ min: 0, max: 3 }), acts: fc.array(act, { maxLength: 6 }) }) },
  { weight: 2, arbitrary: fc.record({ watermark: time }) },
  { weight: 2, arbitrary: fc.record({ wall: fc.integer({ min: 0, max: 60 }) }) },
  { weight: 2, arbitrary: fc.record({ restore: fc.constantFrom('all' as const, 'changes' as const) }) },
)

describe('timers of process()', () => {
  it('fire as a naive list of them would, whatever is set, deleted, advanced and restored', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), script => {
        const model = new Model()
        const harness = operatorHarness(subject)
        let chain = [harness.snapshot('all')]
        let watermark = Number.NEGATIVE_INFINITY
        for (const one of [...script, { watermark: Number.POSITIVE_INFINITY }]) {
          model.apply(one)
          if ('key' in one) harness.record(one, 0)
          else if ('wall' in one) harness.processingTime(one.wall)
          else if ('restore' in one) {
            chain = one.restore === 'all' ? [harness.snapshot('all')] : [...chain, harness.snapshot('changes')]
            harness.restart(chain)
          } else {
            watermark = Math.max(watermark, one.watermark)
            harness.watermark(watermark)
          }
        }
        expect(harness.take().flatMap(item => ('value' in item ? [item.value] : []))).toEqual(model.out)
      }),
      { numRuns: propertyRuns() },
    )
  })
})
