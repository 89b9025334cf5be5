import {
  type CoProcess,
  type Key,
  type KeyedProcessContext,
  output,
  type ProcessContext,
  pipeline,
  type Stream,
  valueState,
} from '@rtp/stream-core'
import type { CaseOptions } from '../case-options.ts'
import type { CaseElement, CaseResult } from '../conformance-case.ts'
import type { ConformanceKind, ConformanceSubject } from '../conformance-kind.ts'
import { operatorSubject } from '../operator-subject.ts'
import type { ProgramScope, TimerDomain } from '../process/action.ts'
import { type Program, parseProgram } from '../process/program.ts'
import { specOf } from '../spec-of.ts'

export const keyedProcessKind: ConformanceKind = {
  kind: 'keyedProcess',
  dialects: ['flink'],
  start(options) {
    const program = programOf(options)
    const job = pipeline('keyed-process')
    const keyed = job.from<CaseElement>([]).keyBy(keyOf)
    return subjectOf(
      program,
      1,
      keyed.process({
        ...keyedOptions(program),
        onRecord: (element, context) => runKeyed(program, element, 0, context),
      }),
    )
  },
}

export const coProcessKind: ConformanceKind = {
  kind: 'coProcess',
  dialects: ['flink'],
  start(options) {
    const program = programOf(options)
    const job = pipeline('co-process')
    const [first, second] = [job.from<CaseElement>([]), job.from<CaseElement>([])]
    if (!program.isKeyed) {
      const functions: CoProcess<CaseElement, CaseElement, CaseResult> = {
        usesProcessingTime: true,
        sides: sidesOf(program),
        onFirst: (element, context) => program.run(recordScope(element, 0, context)),
        onSecond: (element, context) => program.run(recordScope(element, 1, context)),
      }
      return subjectOf(program, 2, first.connect(second).process(functions))
    }
    return subjectOf(
      program,
      2,
      first
        .keyBy(keyOf)
        .connect(second.keyBy(keyOf))
        .process({
          ...keyedOptions(program),
          onFirst: (element, context) => runKeyed(program, element, 0, context),
          onSecond: (element, context) => runKeyed(program, element, 1, context),
        }),
    )
  },
}

export const processKind: ConformanceKind = {
  kind: 'process',
  dialects: ['flink'],
  start(options) {
    const program = programOf(options)
    const records = pipeline('process').from<CaseElement>([])
    return subjectOf(
      program,
      1,
      records.processRecords({
        emits: output<CaseResult>(),
        usesProcessingTime: true,
        sides: sidesOf(program),
        onRecord: (element, context) => program.run(recordScope(element, 0, context)),
      }),
    )
  },
}

/** Side outputs of a program are known when it has been read. */
type Sides = Readonly<Record<string, ReturnType<typeof output<CaseResult>>>>
type State = { readonly state: ReturnType<typeof valueState<unknown>> }
type KeyedContext = KeyedProcessContext<Key, CaseResult, State, Sides>

function programOf(options: CaseOptions): Program {
  // How many there are and whether they have a key says the kind; that it is said again changes nothing.
  options.ignore('inputs', 'keyed')
  return parseProgram(options.text('program'))
}

function keyOf({ key }: CaseElement): Key {
  return (key ?? 'none') as Key
}

function sidesOf({ sides }: Program): Sides {
  return Object.fromEntries(sides.map(side => [side, output<CaseResult>()]))
}

function keyedOptions(program: Program) {
  const onTimer = (domain: TimerDomain) => (time: number, context: KeyedContext) =>
    program.run({ ...keyedScope(undefined, 0, context), timer: domain, time })
  return {
    emits: output<CaseResult>(),
    state: { state: valueState<unknown>(undefined) },
    sides: sidesOf(program),
    onTimer: onTimer('event'),
    onProcessingTimer: onTimer('processing'),
  }
}

function runKeyed(program: Program, element: CaseElement, input: number, context: KeyedContext): void {
  program.run(keyedScope(element, input, context))
}

function recordScope(
  element: CaseElement | undefined,
  input: number,
  context: ProcessContext<CaseResult, Sides>,
): ProgramScope {
  const unkeyed = () => {
    throw new Error('there is no state and no timer without a key')
  }
  return {
    value: element?.value,
    input,
    elementKey: element?.key,
    key: undefined,
    timer: undefined,
    time: context.time,
    watermark: context.watermark,
    processingTime: context.processingTime,
    state: undefined,
    setState: unkeyed,
    emit(value, side) {
      if (side === undefined) context.emit({ value })
      else context.emitTo(side, { value })
    },
    setTimer: unkeyed,
    deleteTimer: unkeyed,
  }
}

function keyedScope(element: CaseElement | undefined, input: number, context: KeyedContext): ProgramScope {
  const { key, state } = context
  return {
    ...recordScope(element, input, context),
    key,
    get state() {
      return state.state.get()
    },
    setState: value => (value === undefined ? state.state.clear() : state.state.set(value)),
    emit(value, side) {
      if (side === undefined) context.emit({ key, value })
      else context.emitTo(side, { key, value })
    },
    setTimer: (domain, time) => (domain === 'event' ? context.setTimer(time) : context.setProcessingTimer(time)),
    deleteTimer: (domain, time) =>
      domain === 'event' ? context.deleteTimer(time) : context.deleteProcessingTimer(time),
  }
}

function subjectOf(program: Program, inputs: number, results: Stream<CaseResult>): ConformanceSubject {
  const result = (value: CaseResult, time: number): CaseResult => (Number.isNaN(time) ? value : { ...value, ts: time })
  return operatorSubject<CaseElement, CaseResult>({
    spec: specOf(results),
    inputs,
    result,
    sides: Object.fromEntries(program.sides.map(side => [side, { side, result }])),
  })
}
