import { UnsupportedCase } from './conformance-kind.ts'

/** Reads options of a case's operator and notes which were read. */
export class CaseOptions {
  readonly #place: string
  readonly #values: Readonly<Record<string, unknown>>
  readonly #read = new Set<string>()
  readonly #nested: CaseOptions[] = []

  constructor(values: Readonly<Record<string, unknown>>, place = '') {
    this.#values = values
    this.#place = place
  }

  has(name: string): boolean {
    return this.#values[name] !== undefined
  }

  number(name: string, fallback?: number): number {
    return this.#take(name, fallback, value => typeof value === 'number', 'a number')
  }

  boolean(name: string, fallback?: boolean): boolean {
    return this.#take(name, fallback, value => typeof value === 'boolean', 'true or false')
  }

  text(name: string, fallback?: string): string {
    return this.#take(name, fallback, value => typeof value === 'string', 'a text')
  }

  /** A text that is one of `names`. */
  oneOf<Name extends string>(name: string, names: readonly Name[], fallback?: Name): Name {
    const expected = `one of ${names.map(one => `"${one}"`).join(', ')}`
    return this.#take(name, fallback, value => names.some(one => one === value), expected)
  }

  /** Options inside an option, e.g. those of a trigger; undefined where there are none. */
  nested(name: string): CaseOptions | undefined {
    const value = this.#take<Readonly<Record<string, unknown>> | undefined>(name, NONE, isObject, 'an object')
    if (value === undefined) return undefined
    const options = new CaseOptions(value, `${this.#place}${name}.`)
    this.#nested.push(options)
    return options
  }

  /** The option as it stands, whatever it is. */
  any(name: string): unknown {
    this.#read.add(name)
    return this.#values[name]
  }

  /** Options that say nothing which the adapter would have to act upon, e.g. a rule in words. */
  ignore(...names: readonly string[]): void {
    for (const name of names) this.#read.add(name)
  }

  /** Throws when the case has options that nobody has read. */
  checkAllRead(): void {
    const left = this.#left()
    if (left.length > 0) throw new UnsupportedCase(`the adapter does not know ${left.join(', ')}`)
  }

  #left(): string[] {
    const own = Object.entries(this.#values).filter(([name]) => !this.#read.has(name))
    const texts = own.map(([name, value]) => `${this.#place}${name} ${JSON.stringify(value)}`)
    return [...texts, ...this.#nested.flatMap(nested => nested.#left())]
  }

  #take<T>(
    name: string,
    fallback: T | undefined | typeof NONE,
    fits: (value: unknown) => boolean,
    expected: string,
  ): T {
    this.#read.add(name)
    const value = this.#values[name]
    if (value === undefined && fallback === NONE) return undefined as T
    if (value === undefined && fallback !== undefined) return fallback as T
    if (fits(value)) return value as T
    throw new UnsupportedCase(`${this.#place}${name} must be ${expected}, it is ${JSON.stringify(value)}`)
  }
}

const NONE = Symbol('none')

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
