import { type Batch, watermarkBatch } from '../../batch/batch.ts'
import { StreamError } from '../../errors.ts'
import type { Key } from '../../state/key.ts'
import type { StateDeclarations, StateHandles } from '../../state/state-declaration.ts'
import type { StateReader } from '../../state/state-reader.ts'
import type { StateWriter } from '../../state/state-writer.ts'
import { WatermarkTracker } from '../../time/watermark-tracker.ts'
import { entrySweep, sweepsInTurn } from '../entry-sweep.ts'
import type { Inspection, InspectionAnswer, Operator, OperatorContext, SnapshotScope, StateSweep } from '../operator.ts'
import { type KeyEntry, KeyTable } from './key-table.ts'
import { KeyedTimers } from './keyed-timers.ts'
import type { OutputTypes } from './output-type.ts'
import type { AllKeys, BroadcastDeclarations, KeyedProcessContext, ProcessOptions } from './process-function.ts'
import { ProcessOutputs } from './process-outputs.ts'

/** A process function as the operator runs it, whatever its form. */
export interface KeyedFunctions<Context> extends ProcessOptions<unknown, OutputTypes> {
  readonly state?: StateDeclarations
  readonly broadcast?: BroadcastDeclarations
  readonly inputs: readonly KeyedInput<Context>[]
  readonly onTimer?: ((time: number, context: Context) => void) | undefined
  readonly onProcessingTimer?: ((time: number, context: Context) => void) | undefined
}

export interface KeyedInput<Context> {
  /** Undefined for a broadcast input, whose records belong to no key and may write broadcast state. */
  readonly keyOf: ((value: never) => Key) | undefined
  call(value: unknown, context: Context): void
}

type Context = KeyedProcessContext<Key, unknown, StateDeclarations, OutputTypes> &
  AllKeys<Key, StateDeclarations> & { readonly broadcast: StateHandles<StateDeclarations> }

/** What a piece of a sweep holds. */
interface StoredParts {
  readonly broadcast?: readonly KeyEntry[]
  readonly entries?: readonly KeyEntry[]
  /** Slots. */
  readonly timers?: readonly number[]
  readonly processingTimers?: readonly number[]
}

/** Runs process functions with keyed state, timers of both clocks and broadcast state, over one input or two. It is itself their context. */
export class KeyedProcessOperator implements Operator<unknown>, Context {
  readonly #functions: KeyedFunctions<Context>
  readonly #context: OperatorContext<unknown>
  readonly #usesProcessingTime: boolean
  readonly #table: KeyTable<StateDeclarations>
  readonly #broadcast: KeyTable<StateDeclarations> | undefined
  readonly #timers = new KeyedTimers<KeyEntry>('eventTime')
  readonly #processingTimers = new KeyedTimers<KeyEntry>('processingTime')
  readonly #outputs: ProcessOutputs<unknown>
  readonly #tracker: WatermarkTracker | undefined
  readonly state: StateHandles<StateDeclarations>
  readonly broadcast: StateHandles<StateDeclarations>
  time = Number.NaN
  watermark = Number.NEGATIVE_INFINITY
  /** The watermark that results go before: while timers fire, the one before theirs. */
  #outputWatermark = Number.NEGATIVE_INFINITY
  #processingTime = Number.NEGATIVE_INFINITY
  #offset = Number.NaN
  #isIdle = false
  /** True while user code may run. */
  #isCalling = false

  constructor(functions: KeyedFunctions<Context>, usesProcessingTime: boolean, context: OperatorContext<unknown>) {
    this.#functions = functions
    this.#context = context
    this.#usesProcessingTime = usesProcessingTime
    this.#table = new KeyTable(context.name, functions.state, context.checkOwner)
    this.#broadcast =
      functions.broadcast && new KeyTable<StateDeclarations>(context.name, functions.broadcast, () => {})
    this.#outputs = new ProcessOutputs(context, Object.keys(functions.sides ?? {}))
    this.#tracker = functions.inputs.length > 1 ? new WatermarkTracker(functions.inputs.length) : undefined
    this.state = this.#table.handles
    this.broadcast = this.#broadcast?.handles ?? {}
  }

  get key(): Key {
    return this.#table.entry().key
  }

  get processingTime(): number {
    if (this.#usesProcessingTime) return this.#processingTime
    throw new StreamError(
      'STATE_INVALID',
      'the function reads context.processingTime without saying so. Set usesProcessingTime: true, as its results then depend on when the job ran.',
    )
  }

  emit(value: unknown): void {
    // Later, it would come out with the time of some other record.
    if (!this.#isCalling) throw outsideCall()
    this.#outputs.add(value, this.time, this.#outputWatermark, this.#offset)
  }

  emitTo(side: string, value: unknown): void {
    if (!this.#isCalling) throw outsideCall()
    this.#outputs.addTo(side, value, this.time, this.#outputWatermark, this.#offset)
  }

  setTimer(time: number): void {
    const entry = this.#table.entry()
    if (this.#functions.onTimer === undefined) throw unheard('onTimer')
    checkTimerTime(time)
    this.#timers.set(entry, time)
  }

  deleteTimer(time: number): void {
    this.#timers.delete(this.#table.entry(), time)
  }

  setProcessingTimer(time: number): void {
    const entry = this.#table.entry()
    if (this.#functions.onProcessingTimer === undefined) throw unheard('onProcessingTimer')
    checkTimerTime(time)
    this.#processingTimers.set(entry, time)
  }

  deleteProcessingTimer(time: number): void {
    this.#processingTimers.delete(this.#table.entry(), time)
  }

  forEachKey(visit: (key: Key, state: StateHandles<StateDeclarations>) => void): void {
    if (!this.#isCalling) throw outsideCall()
    const table = this.#table
    for (const entry of table.keysWithState()) {
      table.current = entry
      visit(entry.key, table.handles)
      table.leave(entry)
    }
    table.current = undefined
  }

  onBatch(batch: Batch<unknown>, input: number): void {
    this.#tracker?.align(batch, input)
    const { values, size } = batch
    const table = this.#table
    const { keyOf, call } = this.#functions.inputs[input]!
    this.#begin(keyOf === undefined)
    for (let i = 0; i < size; i++) {
      if (batch.watermarks[i]! > this.watermark) this.#advance(batch.watermarks[i]!, batch, i)
      this.#setTime(batch.times[i]!, this.watermark)
      this.#offset = batch.offsets[i]!
      try {
        if (keyOf === undefined) {
          table.current = undefined
          call(values[i], this)
        } else {
          const entry = table.enter(keyOf(values[i] as never))
          call(values[i], this)
          table.leave(entry)
        }
      } catch (cause) {
        this.#context.fail(cause, batch, i)
      }
      // A timer that was set at or behind its clock is due now.
      if (this.#timers.nextTime <= this.watermark) this.#advance(this.watermark, batch, i)
      if (this.#processingTimers.nextTime <= this.#processingTime) this.#fireProcessingTimers(batch, i)
    }
    if (batch.watermark > this.watermark) this.#advance(batch.watermark, batch, Math.max(0, size - 1))
    this.#end()
    this.#isIdle = batch.idle
    this.#outputs.push(this.watermark, batch.idle, this.#tracker === undefined ? batch.origin : undefined)
  }

  onProcessingTime(time: number): void {
    if (time <= this.#processingTime) return
    this.#processingTime = this.#table.clocks.processingTime = time
    if (this.#processingTimers.nextTime <= time) {
      this.#begin(false)
      this.#fireProcessingTimers(watermarkBatch(this.watermark), 0)
      this.#end()
    }
    this.#table.clean('processingTime', time)
    this.#outputs.pushResults(this.watermark, this.#isIdle)
  }

  get nextProcessingTime(): number {
    return Math.min(this.#processingTimers.nextTime, this.#table.nextCleanup('processingTime'))
  }

  inspect({ key }: Inspection): InspectionAnswer | undefined {
    if (key === undefined) {
      const { size, nextTime } = this.#timers
      return {
        text: `${size} event-time timers and ${this.#processingTimers.size} of the wall clock are set`,
        watermark: this.watermark,
        ...(size === 0 ? {} : { waitsFor: nextTime }),
      }
    }
    const entry = this.#table.find(key)
    if (entry === undefined) return { text: 'this key has no state and no timer', watermark: this.watermark }
    const first = this.#timers.firstOf(entry)
    return {
      text: `this key has state in ${entry.kept} places and ${entry.timers} timers`,
      watermark: this.watermark,
      ...(first === Number.POSITIVE_INFINITY ? {} : { waitsFor: first }),
    }
  }

  snapshot(state: StateWriter, scope: SnapshotScope): void {
    this.#writeHead(state, scope)
    this.#broadcast?.write(state, scope)
    this.#table.write(state, scope)
    this.#timers.write(state, scope)
    this.#processingTimers.write(state, scope)
  }

  sweep(): StateSweep {
    return sweepsInTurn(
      // Maps that all keys see are small as a rule.
      entrySweep(this.#broadcast?.stored() ?? [], (state, entries) => this.#writeStored(state, { broadcast: entries })),
      entrySweep(this.#table.stored(), (state, entries) => this.#writeStored(state, { entries })),
      entrySweep(this.#timers.stored(), (state, timers) => this.#writeStored(state, { timers })),
      entrySweep(this.#processingTimers.stored(), (state, processingTimers) =>
        this.#writeStored(state, { processingTimers }),
      ),
    )
  }

  restore(state: StateReader): void {
    const version = state.version(STATE_VERSION, `${this.#context.name}: process state`)
    if (state.uint8() === 1) this.#clear()
    this.#isIdle = state.uint8() === 1
    this.watermark = this.#outputWatermark = state.float64()
    this.#processingTime = this.#table.clocks.processingTime = state.float64()
    this.#tracker?.read(state)
    this.#setTime(Number.NaN, this.watermark)
    this.#broadcast?.read(state)
    this.#table.read(state)
    for (const timers of [this.#timers, this.#processingTimers]) timers.read(state, version, this.#table)
  }

  restored(): void {
    this.#timers.restored(this.watermark, this.#table)
    this.#processingTimers.restored(this.#processingTime, this.#table)
    this.#table.clean('eventTime', this.watermark)
    this.#table.clean('processingTime', this.#processingTime)
  }

  /** Some of what is kept, in the form of a snapshot of changes. */
  #writeStored(state: StateWriter, stored: StoredParts): void {
    this.#writeHead(state, 'changes')
    this.#broadcast?.writeStored(state, stored.broadcast ?? [])
    this.#table.writeStored(state, stored.entries ?? [])
    this.#timers.writeStored(state, stored.timers ?? [])
    this.#processingTimers.writeStored(state, stored.processingTimers ?? [])
  }

  #writeHead(state: StateWriter, scope: SnapshotScope): void {
    state
      .uint8(STATE_VERSION)
      .uint8(scope === 'all' ? 1 : 0)
      .uint8(this.#isIdle ? 1 : 0)
      .float64(this.watermark)
      .float64(this.#processingTime)
    this.#tracker?.write(state)
    // Between two calls, event time stands at the watermark.
    this.#setTime(Number.NaN, this.watermark)
  }

  #clear(): void {
    this.#timers.clear()
    this.#processingTimers.clear()
    this.#table.clear()
    this.#broadcast?.clear()
  }

  /** User code may run from here on, for a broadcast record or another. */
  #begin(isBroadcast: boolean): void {
    this.#isCalling = true
    if (this.#broadcast === undefined) return
    this.#broadcast.enter(EVERY_KEY)
    this.#broadcast.isReadOnly = !isBroadcast
  }

  #end(): void {
    this.#isCalling = false
    this.#table.current = undefined
    if (this.#broadcast !== undefined) this.#broadcast.current = undefined
  }

  /** Event time of a call; `reached` is what it has reached for state that expires by it. */
  #setTime(time: number, reached: number): void {
    this.time = time
    const { clocks } = this.#table
    clocks.time = time
    clocks.eventTime = reached
    clocks.accessTime = Number.isNaN(time) ? reached : Math.max(time, reached)
  }

  /** Fires the timers that `watermark` reaches, each at its own time, then moves the watermark. */
  #advance(watermark: number, batch: Batch<unknown>, at: number): void {
    this.watermark = watermark
    const timers = this.#timers
    let most = timers.registered + MOST_FURTHER_TIMERS
    let last = Number.NaN
    for (let entry = timers.take(watermark); entry !== undefined; entry = timers.take(watermark)) {
      const { time } = timers
      // Time goes on, so it will end; behind the end of the input it would go on for ever.
      if (time > last && watermark !== Number.POSITIVE_INFINITY) most = timers.registered + MOST_FURTHER_TIMERS
      last = time
      if (timers.registered > most) throw this.#neverEnding()
      this.#setTime(time, Math.max(time, this.#outputWatermark))
      this.#fire(this.#functions.onTimer, time, entry, batch, at)
    }
    this.#outputWatermark = watermark
    this.#setTime(Number.NaN, watermark)
    this.#table.clean('eventTime', watermark)
  }

  #fireProcessingTimers(batch: Batch<unknown>, at: number): void {
    const timers = this.#processingTimers
    const now = this.#processingTime
    let most = timers.registered + MOST_FURTHER_TIMERS
    let last = Number.NaN
    for (let entry = timers.take(now); entry !== undefined; entry = timers.take(now)) {
      const { time } = timers
      if (time > last) most = timers.registered + MOST_FURTHER_TIMERS
      last = time
      if (timers.registered > most) throw this.#neverEnding()
      this.#setTime(Number.NaN, this.watermark)
      this.#fire(this.#functions.onProcessingTimer, time, entry, batch, at)
      if (this.#timers.nextTime <= this.watermark) this.#advance(this.watermark, batch, at)
    }
  }

  #fire(
    // Undefined for a timer of a checkpoint that the function has no ear for any more.
    call: ((time: number, context: Context) => void) | undefined,
    time: number,
    entry: KeyEntry,
    batch: Batch<unknown>,
    at: number,
  ): void {
    this.#table.current = entry
    this.#offset = Number.NaN
    try {
      call?.(time, this)
    } catch (cause) {
      this.#context.fail(cause, batch, at)
    }
    this.#table.leave(entry)
  }

  #neverEnding(): StreamError {
    const end = this.watermark === Number.POSITIVE_INFINITY
    return new StreamError(
      'USER_FUNCTION_FAILED',
      end
        ? `"${this.#context.name}": the input has ended, and timers go on setting further ones without end. Set none when context.watermark is Infinity.`
        : `"${this.#context.name}": timers go on setting further ones that are due at once. Set the next one for a later time.`,
      { place: { operator: this.#context.name } },
    )
  }
}

function checkTimerTime(time: number): void {
  if (Number.isFinite(time)) return
  throw new StreamError('EVENT_TIME_INVALID', `a timer needs a time in epoch ms; got ${time}.`)
}

function unheard(handler: string): StreamError {
  return new StreamError('STATE_INVALID', `a timer is set that nobody would hear. Give process() an ${handler}.`)
}

function outsideCall(): StreamError {
  return new StreamError(
    'STATE_INVALID',
    'emit() has its time from a record or timer: call it only while a function runs that was called for one.',
  )
}

/** Broadcast state lies in a table like any other, under one key. */
const EVERY_KEY = true
/** Timers set by timers while time stands still, after which it is taken that they never end. */
const MOST_FURTHER_TIMERS = 1_000_000
/** First byte of the state; raised when its layout changes. */
const STATE_VERSION = 3
