import { type Action, type ProgramScope, parseAction } from './action.ts'
import { type Condition, parseCondition } from './condition.ts'
import { hideQuotes } from './quoted.ts'

/** A process function that a case describes in words, e.g. `input 0: emit "INPUT1:<v>", event timer 5; onTimer emit "<key>:1777"`. */
export interface Program {
  readonly isKeyed: boolean
  /** Side outputs that it emits to. */
  readonly sides: readonly string[]
  /** Does what the program says for a record, or for a timer. */
  run(scope: ProgramScope): void
}

/**
 * Understands the words of a case. Clauses stand between semicolons; one may begin with what it is for (`input 0:`, `onTimer`), which holds for those
 * behind it too, and with a condition (`if state empty:`, `else`); then come actions with commas between them. Throws UnsupportedCase for words
 * that it does not know.
 */
export function parseProgram(text: string): Program {
  const { hidden, quotes } = hideQuotes(text)
  const statements: Statement[] = []
  let occasion: Occasion = EVERY_RECORD
  let condition: Condition | undefined
  let isKeyed = true
  for (const clause of clausesOf(hidden)) {
    if (/^(un|non-?)keyed$/i.test(clause)) {
      isKeyed = false
      continue
    }
    if (/^keyed$/i.test(clause)) continue
    const [named, behindOccasion] = takeOccasion(clause)
    if (named !== undefined) {
      occasion = named
      condition = undefined
    }
    const isElse = /^(else|otherwise)\b[:,]?\s*/i.exec(behindOccasion)
    const [own, rest] = parseCondition(behindOccasion.slice(isElse?.[0].length ?? 0))
    if (own !== undefined) condition = own
    else if (isElse !== null && condition !== undefined) condition = opposite(condition)
    for (const words of actionsOf(rest)) {
      const action = parseAction(words, quotes)
      statements.push({ occasion, condition, action })
    }
  }
  return {
    isKeyed,
    sides: [...new Set(statements.flatMap(({ action }) => (action.side === undefined ? [] : [action.side])))],
    run(scope) {
      // What a program decides by is what it found, not what it has done since.
      const due = statements.filter(({ occasion, condition }) => occasion(scope) && condition?.(scope) !== false)
      for (const { action } of due) action.run(scope)
    },
  }
}

interface Statement {
  readonly occasion: Occasion
  readonly condition: Condition | undefined
  readonly action: Action
}

/** What a clause is for. */
type Occasion = (scope: ProgramScope) => boolean

const EVERY_RECORD: Occasion = scope => scope.timer === undefined

const OCCASIONS: readonly (readonly [RegExp, (match: RegExpExecArray) => Occasion])[] = [
  [
    /^(?:both inputs|each input|either input|(?:on )?(?:every |each )?(?:element|record))\s*[:,]\s*/i,
    () => EVERY_RECORD,
  ],
  [/^(?:on )?input\s*(\d)\s*[:,]?\s*/i, ([, input]) => ofInput(Number(input))],
  [/^(?:on )?(?:processElement|element)\s*([12])\s*[:,]?\s*/i, ([, input]) => ofInput(Number(input) - 1)],
  [/^(?:on )?(first|second) input\s*[:,]?\s*/i, ([, input]) => ofInput(input!.toLowerCase() === 'first' ? 0 : 1)],
  [
    /^on (?:an? |the )?(event|processing)(?:[- ]time)?[- ]timers?\s*[:,]?\s*/i,
    ([, domain]) =>
      scope =>
        scope.timer === domain!.toLowerCase(),
  ],
  [/^(?:on[- ]?timer|when (?:a|the) timer fires|timer fires)\b\s*[:,]?\s*/i, () => scope => scope.timer !== undefined],
]

function ofInput(input: number): Occasion {
  return scope => scope.timer === undefined && scope.input === input
}

function takeOccasion(clause: string): [Occasion | undefined, string] {
  for (const [pattern, make] of OCCASIONS) {
    const match = pattern.exec(clause)
    if (match !== null) return [make(match), clause.slice(match[0].length)]
  }
  return [undefined, clause]
}

function opposite(condition: Condition): Condition {
  return scope => !condition(scope)
}

function clausesOf(text: string): string[] {
  return (
    text
      // Names of methods are read as words.
      .replace(/\b(register|delete)(event|processing)TimeTimer\b/gi, '$1 $2 timer')
      .replace(/\bstate\.update\s*\(([^()]*)\)/gi, 'state = $1')
      .replace(/\bstate\.clear\b/gi, 'clear state')
      .replace(/\(\)/g, '')
      .replace(/\b(timer|collect)\s*\(([^()]*)\)/gi, '$1 $2')
      // A remark in brackets is a clause like any other.
      .replace(/\s\(([^()]*)\)/g, ', $1')
      // One word for several timers.
      .replace(SEVERAL_TIMERS, (_, verb: string | undefined, domain: string, times: string) =>
        times
          .split(/\s*(?:,|\band\b)\s*/)
          .map(time => `${verb ?? ''} ${domain} timer ${time}`)
          .join(', '),
      )
      .replace(/\b(delete [^,;]*?) and (?=(?:event|processing)\b)/gi, '$1, delete ')
      // `odd values to ..., the rest to ...` chooses by the value.
      .replace(/(^|[;,]\s*)(odd|even) (?:values|numbers|elements|ones)\b/gi, '$1; if value is $2: value')
      .replace(/(^|[;,]\s*)(?:values|elements|numbers) ((?:[<>]=?|[≤≥]) ?-?\d+)/gi, '$1; if value $2: value')
      .replace(/(^|[;,]\s*)(?:the )?(?:rest|others)\b/gi, '$1; else value')
      .split(/;|\n|\.\s|(?=\b(?:else|otherwise)\b)/i)
      .map(clause => clause.trim().replace(/[.,]$/, ''))
      .filter(clause => clause !== '')
  )
}

const SEVERAL_TIMERS =
  /\b(?:(register|set|delete|remove|cancel)\s+)?(event|processing)(?:[- ]time)?[- ]timers?\s+(\d+(?:\s*(?:,|\band\b)\s*\d+)+)(?!\d)/gi

function actionsOf(text: string): string[] {
  return text
    .split(/,|\band\b|\bthen\b/i)
    .map(words => words.trim().replace(/^also\s+/i, ''))
    .filter(words => words !== '')
}
