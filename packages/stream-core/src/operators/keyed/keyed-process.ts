import { StreamError } from '../../errors.ts'
import type { Key } from '../../state/key.ts'
import type { StateDeclarations } from '../../state/state-declaration.ts'
import { formatDuration } from '../../time/duration.ts'
import type { KeySelector, OperatorSpec } from '../operator.ts'
import { type KeyedFunctions, type KeyedInput, KeyedProcessOperator } from './keyed-process-operator.ts'
import { namesOf, type OutputTypes } from './output-type.ts'
import type {
  BroadcastDeclarations,
  KeyedBroadcastProcess,
  KeyedCoProcess,
  KeyedProcess,
  None,
} from './process-function.ts'

/** Records behind the watermark are not dropped here: lateness belongs to windows. */
export function keyedProcess<K extends Key, T, R, D extends StateDeclarations, S extends OutputTypes = None>(
  process: KeyedProcess<K, T, R, D, S>,
  key: KeySelector<T>,
): OperatorSpec<T, R> {
  const input: KeyedInput<never> = {
    keyOf: key.of,
    call: (value, context) => process.onRecord(value as T, context),
  }
  return { ...specOf<T, R>('process', process as AnyProcess, [input]), key }
}

/** Two inputs with one key: the first and the second of `keys`. */
export function keyedCoProcess<K extends Key, A, B, R, D extends StateDeclarations, S extends OutputTypes = None>(
  process: KeyedCoProcess<K, A, B, R, D, S>,
  keys: readonly [KeySelector<A>, KeySelector<B>],
): OperatorSpec<A | B, R> {
  const inputs: KeyedInput<never>[] = [
    { keyOf: keys[0].of, call: (value, context) => process.onFirst(value as A, context) },
    { keyOf: keys[1].of, call: (value, context) => process.onSecond(value as B, context) },
  ]
  return { ...specOf<A | B, R>('coProcess', process as AnyProcess, inputs), keys }
}

/** A keyed input and a broadcast one, of which one task sees everything. */
export function keyedBroadcastProcess<
  K extends Key,
  T,
  U,
  R,
  B extends BroadcastDeclarations,
  D extends StateDeclarations,
  S extends OutputTypes = None,
>(process: KeyedBroadcastProcess<K, T, U, R, B, D, S>, key: KeySelector<T>): OperatorSpec<T | U, R> {
  checkBroadcast(process.broadcast)
  const inputs: KeyedInput<never>[] = [
    { keyOf: key.of, call: (value, context) => process.onRecord(value as T, context) },
    { keyOf: undefined, call: (value, context) => process.onBroadcast(value as U, context) },
  ]
  return { ...specOf<T | U, R>('broadcastProcess', process as AnyProcess, inputs), needsAllRecords: true }
}

/** Refuses broadcast state that is no map, or would expire: it must be the same for every record behind a broadcast one. */
export function checkBroadcast(broadcast: BroadcastDeclarations): void {
  for (const [name, { kind, ttl }] of Object.entries(broadcast)) {
    if (kind === 'map' && ttl === undefined) continue
    throw new StreamError(
      'STATE_INVALID',
      `broadcast state "${name}" must be a mapState() without a ttl. Delete what is not needed any more in onBroadcast.`,
    )
  }
}

type AnyProcess = Omit<KeyedFunctions<never>, 'inputs'>

function specOf<In, R>(kind: string, process: AnyProcess, inputs: readonly KeyedInput<never>[]): OperatorSpec<In, R> {
  const states = Object.entries(process.state ?? {})
  const clocks = states.map(([, { ttl }]) => ttl?.clock)
  const usesProcessingTime =
    process.usesProcessingTime === true || process.onProcessingTimer !== undefined || clocks.includes('processingTime')
  const functions: KeyedFunctions<never> = {
    ...process,
    inputs,
    // Methods of an object of the user's: called as such.
    onTimer: process.onTimer && ((time, context) => process.onTimer!(time, context)),
    onProcessingTimer: process.onProcessingTimer && ((time, context) => process.onProcessingTimer!(time, context)),
  }
  return {
    kind,
    stateful: true,
    ...(clocks.includes('eventTime') ? { needsEventTime: true } : {}),
    ...(usesProcessingTime ? { usesProcessingTime } : {}),
    sideOutputs: namesOf(process.sides),
    ...(states.length === 0 ? {} : { detail: states.map(describe).join('; ') }),
    start: context =>
      new KeyedProcessOperator(functions as unknown as KeyedFunctions<unknown>, usesProcessingTime, context as never),
  }
}

function describe([name, { kind, ttl }]: [string, StateDeclarations[string]]): string {
  return `${kind} "${name}"${ttl === undefined ? '' : `, kept ${formatDuration(ttl.ms)} of ${ttl.clock}`}`
}
