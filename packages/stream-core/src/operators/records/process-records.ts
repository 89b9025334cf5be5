import type { Batch } from '../../batch/batch.ts'
import { StreamError } from '../../errors.ts'
import type { StateDeclarations, StateHandles } from '../../state/state-declaration.ts'
import type { StateReader } from '../../state/state-reader.ts'
import type { StateWriter } from '../../state/state-writer.ts'
import { WatermarkTracker } from '../../time/watermark-tracker.ts'
import { KeyTable } from '../keyed/key-table.ts'
import { checkBroadcast } from '../keyed/keyed-process.ts'
import { namesOf, type OutputTypes } from '../keyed/output-type.ts'
import type {
  BroadcastDeclarations,
  BroadcastProcess,
  CoProcess,
  None,
  ProcessContext,
  ProcessOptions,
  RecordProcess,
} from '../keyed/process-function.ts'
import { ProcessOutputs } from '../keyed/process-outputs.ts'
import type { Operator, OperatorContext, OperatorSpec, SnapshotScope } from '../operator.ts'

/** Runs a function of the user's for each record, which may emit any number of results to any output. */
export function processRecords<T, R, S extends OutputTypes = None>(
  process: RecordProcess<T, R, S>,
): OperatorSpec<T, R> {
  return specOf<T, R>('processRecords', process, undefined, [
    { isBroadcast: false, call: (value, context) => process.onRecord(value as T, context as never) },
  ])
}

/** The same over two inputs; the watermark is the lower one of the two. */
export function coProcess<A, B, R, S extends OutputTypes = None>(
  process: CoProcess<A, B, R, S>,
): OperatorSpec<A | B, R> {
  return specOf<A | B, R>('coProcess', process, undefined, [
    { isBroadcast: false, call: (value, context) => process.onFirst(value as A, context as never) },
    { isBroadcast: false, call: (value, context) => process.onSecond(value as B, context as never) },
  ])
}

/** The same with state that a second, broadcast input writes. One task sees all of it. */
export function broadcastProcess<T, U, R, B extends BroadcastDeclarations, S extends OutputTypes = None>(
  process: BroadcastProcess<T, U, R, B, S>,
): OperatorSpec<T | U, R> {
  checkBroadcast(process.broadcast)
  const spec = specOf<T | U, R>('broadcastProcess', process, process.broadcast, [
    { isBroadcast: false, call: (value, context) => process.onRecord(value as T, context as never) },
    { isBroadcast: true, call: (value, context) => process.onBroadcast(value as U, context as never) },
  ])
  return { ...spec, stateful: true, needsAllRecords: true }
}

interface Input {
  readonly isBroadcast: boolean
  call(value: unknown, context: unknown): void
}

function specOf<In, R>(
  kind: string,
  { sides, usesProcessingTime = false }: ProcessOptions<R, OutputTypes>,
  broadcast: BroadcastDeclarations | undefined,
  inputs: readonly Input[],
): OperatorSpec<In, R> {
  const sideOutputs = namesOf(sides)
  return {
    kind,
    ...(usesProcessingTime ? { usesProcessingTime } : {}),
    sideOutputs,
    start: context => new ProcessRecordsOperator<In, R>(inputs, broadcast, sideOutputs, usesProcessingTime, context),
  }
}

class ProcessRecordsOperator<In, R> implements Operator<In>, ProcessContext<R, OutputTypes> {
  readonly #inputs: readonly Input[]
  readonly #context: OperatorContext<R>
  readonly #outputs: ProcessOutputs<R>
  readonly #usesProcessingTime: boolean
  readonly #tracker: WatermarkTracker | undefined
  readonly #broadcast: KeyTable<StateDeclarations> | undefined
  readonly broadcast: StateHandles<StateDeclarations>
  time = Number.NaN
  watermark = Number.NEGATIVE_INFINITY
  #processingTime = Number.NEGATIVE_INFINITY
  #offset = Number.NaN
  #isCalling = false

  constructor(
    inputs: readonly Input[],
    broadcast: BroadcastDeclarations | undefined,
    sides: readonly string[],
    usesProcessingTime: boolean,
    context: OperatorContext<R>,
  ) {
    this.#inputs = inputs
    this.#context = context
    this.#outputs = new ProcessOutputs(context, sides)
    this.#usesProcessingTime = usesProcessingTime
    this.#tracker = inputs.length > 1 ? new WatermarkTracker(inputs.length) : undefined
    this.#broadcast = broadcast && new KeyTable<StateDeclarations>(context.name, broadcast, () => {})
    this.broadcast = this.#broadcast?.handles ?? {}
  }

  get processingTime(): number {
    if (this.#usesProcessingTime) return this.#processingTime
    throw new StreamError(
      'STATE_INVALID',
      'the function reads context.processingTime without saying so. Set usesProcessingTime: true, as its results then depend on when the job ran.',
    )
  }

  emit(value: R): void {
    if (!this.#isCalling) throw outsideCall()
    this.#outputs.add(value, this.time, this.watermark, this.#offset)
  }

  emitTo(side: string, value: unknown): void {
    if (!this.#isCalling) throw outsideCall()
    this.#outputs.addTo(side, value, this.time, this.watermark, this.#offset)
  }

  onBatch(batch: Batch<In>, input: number): void {
    this.#tracker?.align(batch, input)
    const { values, times, watermarks, offsets, size } = batch
    const { call, isBroadcast } = this.#inputs[input]!
    this.#isCalling = true
    if (this.#broadcast !== undefined) {
      this.#broadcast.enter(EVERY_KEY)
      this.#broadcast.isReadOnly = !isBroadcast
    }
    let i = 0
    try {
      for (; i < size; i++) {
        this.time = times[i]!
        this.watermark = watermarks[i]!
        this.#offset = offsets[i]!
        call(values[i], this)
      }
    } catch (cause) {
      this.#context.fail(cause, batch, i)
    }
    this.#isCalling = false
    if (this.#broadcast !== undefined) this.#broadcast.current = undefined
    this.#outputs.push(batch.watermark, batch.idle, this.#tracker === undefined ? batch.origin : undefined)
  }

  onProcessingTime(time: number): void {
    if (time > this.#processingTime) this.#processingTime = time
  }

  snapshot(state: StateWriter, scope: SnapshotScope): void {
    state.uint8(STATE_VERSION).uint8(scope === 'all' ? 1 : 0)
    this.#tracker?.write(state)
    this.#broadcast?.write(state, scope)
  }

  restore(state: StateReader): void {
    state.version(STATE_VERSION, `${this.#context.name}: process state`)
    if (state.uint8() === 1) this.#broadcast?.clear()
    this.#tracker?.read(state)
    this.#broadcast?.read(state)
  }
}

function outsideCall(): StreamError {
  return new StreamError(
    'STATE_INVALID',
    'emit() has its time from a record: call it only while the function runs that was called for one.',
  )
}

/** Broadcast state lies in a table like that of keys, under one key. */
const EVERY_KEY = true
/** First byte of the state; raised when its layout changes. */
const STATE_VERSION = 1
