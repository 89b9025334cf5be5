import { UnsupportedCase } from '../conformance-kind.ts'
import { type Expression, parseExpression } from './expression.ts'
import { QUOTE } from './quoted.ts'

/** What a program sees and does: the context of a call of a process function. */
export interface ProgramScope {
  /** Undefined in a timer's call. */
  readonly value: unknown
  readonly input: number
  /** Of the record; undefined in a timer's call. */
  readonly elementKey: unknown
  /** Undefined where there is no key. */
  readonly key: unknown
  /** Which timer is called for; undefined for a record. */
  readonly timer: TimerDomain | undefined
  readonly time: number
  readonly watermark: number
  readonly processingTime: number
  /** Undefined while there is none. */
  readonly state: unknown
  setState(value: unknown): void
  emit(value: unknown, side?: string): void
  setTimer(domain: TimerDomain, time: number): void
  deleteTimer(domain: TimerDomain, time: number): void
}

export type TimerDomain = 'event' | 'processing'

export interface Action {
  /** The side output that it emits to. */
  readonly side?: string
  run(scope: ProgramScope): void
}

type Parse = (words: string, quotes: readonly string[]) => Action | undefined

/** The action that the words name. */
export function parseAction(words: string, quotes: readonly string[]): Action {
  for (const parse of FORMS) {
    const action = parse(words, quotes)
    if (action !== undefined) return action
  }
  const text = words.replace(new RegExp(QUOTE, 'g'), (_, at: string) => `"${quotes[Number(at)]}"`)
  throw new UnsupportedCase(`the adapter does not understand "${text}" in the program`)
}

const check: Parse = words => {
  if (!/\bmust\b|^(?:assert|check|expect)/i.test(words) || !/\b(?:key|domain)\b/i.test(words)) return undefined
  const wanted = /(-?\d+)\s*$/.exec(words)?.[1]
  return {
    run({ key, elementKey, timer }) {
      if (!/\bkey\b/i.test(words)) return
      const expected = wanted ?? (timer === undefined ? elementKey : key)
      if (String(key) !== String(expected))
        throw new Error(`the current key is ${String(key)}, not ${String(expected)}`)
    },
  }
}

const timer: Parse = words => {
  const match =
    /^(delete|remove|cancel|unregister|register|set|schedule|add)?s?\s*(?:an?|the|that)?\s*(?:(event|processing)(?:[- ]time)?[- ])?timer\b(.*)$/i.exec(
      words,
    )
  if (match === null) return undefined
  const [, verb = 'set', domainText, when] = match
  // Where none is named, the time says by which clock it is.
  const domain: TimerDomain = /processing/i.test(domainText ?? when!) ? 'processing' : 'event'
  const timeOf = parseTime(when!, domain)
  const deletes = /^(delete|remove|cancel|unregister)$/i.test(verb)
  return {
    run(scope) {
      if (deletes) scope.deleteTimer(domain, timeOf(scope))
      else scope.setTimer(domain, timeOf(scope))
    },
  }
}

/** A timer is deleted whatever its clock, where the words do not say it. */
const anyTimer: Parse = words => {
  const time = /^(?:delete|remove|cancel|unregister)s?\s+(?:the )?timer\s*(?:at )?(-?\d+)$/i.exec(words)?.[1]
  if (time === undefined) return undefined
  return {
    run(scope) {
      scope.deleteTimer('event', Number(time))
      scope.deleteTimer('processing', Number(time))
    },
  }
}

/** A time, or so many ms after the present one: of the clock of the timer, unless another is named. */
function parseTime(words: string, domain: TimerDomain): (scope: ProgramScope) => number {
  const amount = Number(/-?\d+/.exec(words.replace(/([-+])\s+/, '$1'))?.[0])
  if (Number.isNaN(amount)) throw new UnsupportedCase(`the program sets a timer for "${words.trim()}"`)
  const isRelative = /\+|-\s*\d|watermark|\b(after|from|past|later|current|now|timestamp|ts)\b/i.test(words)
  if (!isRelative) return () => amount
  if (/watermark/i.test(words)) return scope => scope.watermark + amount
  if (/processing/i.test(words)) return scope => scope.processingTime + amount
  if (/\b(timestamp|ts|element)\b/i.test(words)) return scope => scope.time + amount
  return scope => (domain === 'event' ? scope.watermark : scope.processingTime) + amount
}

const clear: Parse = words =>
  /^(?:clear|delete|remove|reset|empty)s?\b(?:.*\bstate\b|$)/i.test(words)
    ? { run: scope => scope.setState(undefined) }
    : undefined

const store: Parse = (words, quotes) => {
  const assigned =
    /^(?:(?:set|update|write)s?\s+)?(?:the )?state\b\s*(?:value\s*)?(?::=|=|<-|←|:|to|with|by)\s*(.+)$/i.exec(words)
  if (assigned !== null) return storing(parseExpression(assigned[1]!, quotes))
  const given =
    /^(?:store|remember|keep|save|put|write|set|update)s?\b\s*(.*?)\s*(?:(?:in|into|as|to)?\s*(?:the )?state)?$/i.exec(
      words,
    )
  if (given === null) return undefined
  return storing(given[1] === '' ? scope => scope.value : parseExpression(given[1]!, quotes))
}

function storing(expression: Expression): Action {
  return { run: scope => scope.setState(expression(scope)) }
}

const VERB = '(?:(?:emit|output|collect|forward|return|send|write)s?\\s+)?'
const SIDE_NAME = `(?:(?:tag|named)\\s+)?(?:${QUOTE}|([\\w-]+))`

const side: Parse = (words, quotes) => {
  if (/^(?:emit|output|send)?s?.*\bnull\b.*\b(?:tag|side)\b|\b(?:tag|side[- ]output)\b.*\bnull\b/i.test(words))
    return emitting('', [scope => scope.value])
  const behind = new RegExp(
    `^${VERB}(.+?)\\s+(?:to|into|on)\\s+(?:the |a )?(?:side(?:[- ]output)?s?\\s+)?${SIDE_NAME}$`,
    'i',
  ).exec(words)
  if (behind !== null && !/^(?:main|state)$/i.test(behind[3] ?? '') && !/^(?:set|store|update)/i.test(words)) {
    const [, what, quote, word] = behind
    return emitting(nameOf(quote, word, quotes), [parseExpression(what!, quotes)])
  }
  const toNamed = new RegExp(`^${VERB}(.+?)\\s+(?:to|into)\\s+${QUOTE}$`, 'i').exec(words)
  if (toNamed !== null) return emitting(quotes[Number(toNamed[2])], [parseExpression(toNamed[1]!, quotes)])
  const plain = PLAIN_SIDE.map(form => form.exec(words)?.[1]).find(what => what !== undefined)
  if (plain !== undefined) return emitting('side', [parseExpression(plain, quotes)])
  const before = new RegExp(
    `^${VERB}(?:to )?(?:the )?side(?:[- ]output)?s?\\s+${SIDE_NAME}\\s*(?::|=|->|→|\\bemits?\\b)?\\s*(.+)$`,
    'i',
  ).exec(words)
  if (before === null) return undefined
  const [, quote, word, what] = before
  return emitting(nameOf(quote, word, quotes), [parseExpression(what!, quotes)])
}

/** A side output without a name of its own is called "side". */
const PLAIN_SIDE = [
  new RegExp(`^${VERB}(.+?)\\s+(?:to|into)\\s+(?:the |a )?side(?:[- ]output)?$`, 'i'),
  /^(?:the )?side(?:[- ]output)?\s*[:=]\s*(.+)$/i,
]

const main: Parse = (words, quotes) => {
  const behind = new RegExp(`^${VERB}(.+?)\\s+(?:to|into|on)\\s+(?:the )?main(?: output| stream)?$`, 'i').exec(words)
  const what = behind?.[1] ?? /^(?:the )?main(?: output| stream)?\s*[:=]\s*(.+)$/i.exec(words)?.[1]
  return what === undefined ? undefined : emitting(undefined, [parseExpression(what, quotes)])
}

function nameOf(quote: string | undefined, word: string | undefined, quotes: readonly string[]): string {
  return quote === undefined ? word! : quotes[Number(quote)]!
}

const emit: Parse = (words, quotes) => {
  const match =
    /^(?:emit|output|collect|forward|return)s?\s+(.+?)(?:\s+to (?:the )?main(?: output)?)?$/i.exec(words) ??
    /^(#\d+#.*|value)$/i.exec(words)
  if (match === null) return undefined
  const [, what, domain] = /^(.*?)(?:\s+(?:for|on|if|in|when)\s+(?:an? |the )?(event|processing)\b.*)?$/i.exec(
    match[1]!,
  )!
  const choices = what!.split(/\s+\/\s+|\s+or\s+/).map(one => ({
    // Of two, each says by its own text which timer it is for.
    domain: domain ?? /\b(event|proc)/i.exec(one.replace(/#(\d+)#/g, (_, at: string) => quotes[Number(at)]!))?.[1],
    expression: parseExpression(one, quotes),
  }))
  if (choices.length === 1 && domain === undefined) return emitting(undefined, [choices[0]!.expression])
  return {
    run(scope) {
      for (const { domain, expression } of choices) {
        const isMeant = domain === undefined || scope.timer?.startsWith(domain.toLowerCase().slice(0, 4)) === true
        if (isMeant) scope.emit(expression(scope))
      }
    },
  }
}

function emitting(name: string | undefined, expressions: readonly Expression[]): Action {
  return {
    ...(name === undefined ? {} : { side: name }),
    run(scope) {
      for (const expression of expressions) scope.emit(expression(scope), name)
    },
  }
}

const FORMS: readonly Parse[] = [check, timer, anyTimer, main, side, clear, emit, store]
