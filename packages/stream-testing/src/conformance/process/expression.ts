import { UnsupportedCase } from '../conformance-kind.ts'
import type { ProgramScope } from './action.ts'

/** What a program computes from what it sees. */
export type Expression = (scope: ProgramScope) => unknown

/** A quotation, in which `<name>` stands for what it names; a number; a name; or several with a plus between them, which makes a text. */
export function parseExpression(words: string, quotes: readonly string[]): Expression {
  const parts = words
    .trim()
    .split(/\s*\+\s*/)
    .map(part => parseTerm(part, quotes))
  if (parts.length === 1) return parts[0]!
  return scope => parts.map(part => textOf(part(scope))).join('')
}

function parseTerm(words: string, quotes: readonly string[]): Expression {
  const quote = /^#(\d+)#$/.exec(words)
  if (quote !== null) return parseTemplate(quotes[Number(quote[1])]!)
  if (/^-?\d+(\.\d+)?$/.test(words)) return () => Number(words)
  const bare = words.replace(/\s+as (?:an? )?\w+$/i, '').replace(/^<(.*)>$/, '$1')
  const named = nameIn(bare.replace(/^(?:the|its) /i, ''))
  if (named !== undefined) return named
  // A text without its quotation marks.
  if (/^\S*<[^<>]+>\S*$/.test(words)) return parseTemplate(words)
  throw new UnsupportedCase(`the adapter does not understand "${words}" in the program`)
}

function parseTemplate(text: string): Expression {
  const parts = text.split(/<([^<>]+)>/)
  const expressions = parts.map((part, at) => {
    if (at % 2 === 0) return () => part
    const named = nameIn(part)
    if (named === undefined) throw new UnsupportedCase(`the adapter does not know what <${part}> is in the program`)
    return named
  })
  return scope => expressions.map(part => textOf(part(scope))).join('')
}

function nameIn(name: string): Expression | undefined {
  return NAMES.find(([pattern]) => pattern.test(name))?.[1]
}

const NAMES: readonly (readonly [RegExp, Expression])[] = [
  [/^(?:v|x|it|value|element|element value|in|input value)$/i, scope => scope.value],
  [/^(?:key|current key|element key)$/i, scope => scope.key],
  [/^(?:state|state value|stored value|stored)$/i, scope => scope.state ?? null],
  [/^(?:ts|timestamp|element timestamp|event time|timer|timer time|timer timestamp)$/i, scope => scope.time],
  [/^(?:current )?(?:watermark|wm)$/i, scope => scope.watermark],
  [/^(?:current )?(?:processing[- ]time|pt|now)$/i, scope => scope.processingTime],
  // Of the clock that runs.
  [
    /^(?:current )?time$/i,
    scope => (scope.watermark === Number.NEGATIVE_INFINITY ? scope.processingTime : scope.watermark),
  ],
  [/^(?:n|i|input|channel|input number)$/i, scope => scope.input + 1],
  [/^(?:time )?domain$/i, scope => (scope.timer === 'event' ? 'EVENT' : 'PROC')],
]

/** As Java prints it: no time is null, and the ends of time are those of a long. */
function textOf(value: unknown): string {
  if (Number.isNaN(value)) return 'null'
  if (value === Number.NEGATIVE_INFINITY) return '-9223372036854775808'
  if (value === Number.POSITIVE_INFINITY) return '9223372036854775807'
  return String(value)
}
