import { keyedBroadcastProcess, keyedCoProcess } from '../operators/keyed/keyed-process.ts'
import type { OutputTypes } from '../operators/keyed/output-type.ts'
import type {
  BroadcastDeclarations,
  BroadcastProcess,
  CoProcess,
  KeyedBroadcastProcess,
  KeyedCoProcess,
  None,
} from '../operators/keyed/process-function.ts'
import { broadcastProcess, coProcess } from '../operators/records/process-records.ts'
import type { Key } from '../state/key.ts'
import type { StateDeclarations } from '../state/state-declaration.ts'
import type { KeyedStream } from './keyed-stream.ts'
import type { Named } from './named.ts'
import { ProcessedStream, type Stream } from './stream.ts'

/** Two streams with the same kind of key: what is written for a record of one is there for the other's. */
export class ConnectedKeyedStreams<K extends Key, A, B> {
  readonly #first: KeyedStream<K, A>
  readonly #second: KeyedStream<K, B>

  constructor(first: KeyedStream<K, A>, second: KeyedStream<K, B>) {
    this.#first = first
    this.#second = second
  }

  /** User code with state and timers that both streams share. */
  process<R, D extends StateDeclarations = None, S extends OutputTypes = None>(
    process: KeyedCoProcess<K, A, B, R, D, S>,
    options?: Named,
  ): ProcessedStream<R, S> {
    const { stream, key } = this.#first
    const spec = keyedCoProcess(process, [key, this.#second.key])
    return new ProcessedStream<R, S>(stream.pipeline, stream.append(spec, options, [this.#second.stream]))
  }
}

/** Two streams without a key. */
export class ConnectedStreams<A, B> {
  readonly #first: Stream<A>
  readonly #second: Stream<B>

  constructor(first: Stream<A>, second: Stream<B>) {
    this.#first = first
    this.#second = second
  }

  /** User code for the records of both; it keeps nothing. */
  process<R, S extends OutputTypes = None>(process: CoProcess<A, B, R, S>, options?: Named): ProcessedStream<R, S> {
    const { pipeline } = this.#first
    return new ProcessedStream<R, S>(pipeline, this.#first.append(coProcess(process), options, [this.#second]))
  }
}

/** A keyed stream and a broadcast one. */
export class KeyedBroadcastStream<K extends Key, T, U> {
  readonly #keyed: KeyedStream<K, T>
  readonly #broadcast: Stream<U>

  constructor(keyed: KeyedStream<K, T>, broadcast: Stream<U>) {
    this.#keyed = keyed
    this.#broadcast = broadcast
  }

  /** User code with state and timers for each key, and state that broadcast records write and all keys see. */
  process<R, B extends BroadcastDeclarations, D extends StateDeclarations = None, S extends OutputTypes = None>(
    process: KeyedBroadcastProcess<K, T, U, R, B, D, S>,
    options?: Named,
  ): ProcessedStream<R, S> {
    const { stream, key } = this.#keyed
    const spec = keyedBroadcastProcess(process, key)
    return new ProcessedStream<R, S>(stream.pipeline, stream.append(spec, options, [this.#broadcast]))
  }
}

/** A stream without a key and a broadcast one. */
export class BroadcastStream<T, U> {
  readonly #stream: Stream<T>
  readonly #broadcast: Stream<U>

  constructor(stream: Stream<T>, broadcast: Stream<U>) {
    this.#stream = stream
    this.#broadcast = broadcast
  }

  /** User code with state that broadcast records write and all records see. */
  process<R, B extends BroadcastDeclarations, S extends OutputTypes = None>(
    process: BroadcastProcess<T, U, R, B, S>,
    options?: Named,
  ): ProcessedStream<R, S> {
    const { pipeline } = this.#stream
    return new ProcessedStream<R, S>(
      pipeline,
      this.#stream.append(broadcastProcess(process), options, [this.#broadcast]),
    )
  }
}
