import type { ProgramScope } from './action.ts'

export type Condition = (scope: ProgramScope) => boolean

const FORMS: readonly (readonly [string, (match: RegExpExecArray) => Condition])[] = [
  [
    '(?:there is )?no (?:state|value|stored value)(?: yet)?|(?:the )?state (?:(?:is|==?|===) ?)?(?:empty|null|unset|absent|none|missing|undefined|not (?:yet )?set)|first(?: (?:element|value|time|record|occurrence))?(?: (?:of|for|per) (?:the |a |each )?key)?(?= ?[:,])|first (?:element|value|time|record|occurrence)(?: (?:of|for|per) (?:the |a |each )?key)?|(?:the )?key (?:is )?(?:new|unseen|not seen)(?: before| yet)?',
    () => scope => scope.state === undefined,
  ],
  [
    '(?:the )?state (?:is )?(?:set|present|exists|not (?:empty|null)|non-?(?:empty|null)|!=? ?null)|(?:second|later|next|repeated|further|again)(?= ?[:,])|(?:second|later|next|repeated|further) (?:element|value|time|record|occurrence)s?(?: (?:of|for|per) (?:the |a |each )?key)?|(?:the )?key (?:was |is )?(?:known|seen)(?: before| already)?',
    () => scope => scope.state !== undefined,
  ],
  [
    '(?:the )?(?:value|v|<v>|<value>) ?(?:is )?(<=|>=|!=|<|>|==?|≤|≥) ?(-?\\d+(?:\\.\\d+)?)',
    ([, sign, limit]) =>
      scope =>
        COMPARISONS[sign!]!(Number(scope.value), Number(limit)),
  ],
  [
    '(?:the )?(?:value|v|<v>|<value>) (?:is )?(odd|even)',
    ([, which]) =>
      scope =>
        Math.abs(Number(scope.value) % 2) === (which === 'odd' ? 1 : 0),
  ],
]

const COMPARISONS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '≤': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '≥': (a, b) => a >= b,
  '=': (a, b) => a === b,
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
}

/** The condition that the words begin with, if they do, and what stands behind it. */
export function parseCondition(words: string): [Condition | undefined, string] {
  for (const [form, make] of FORMS) {
    const match = new RegExp(
      `^(?:(?:if|when|while|on) )?(?:${form})(?: then)?\\s*(?:[:,?→]|->|$|(?=\\w))\\s*`,
      'i',
    ).exec(words)
    if (match !== null) return [make(match), words.slice(match[0].length)]
  }
  return [undefined, words]
}
