import { StreamError } from '../errors.ts'
import type { StateReader } from './state-reader.ts'
import { checkTtl, type StateTtl } from './state-ttl.ts'
import type { StateWriter } from './state-writer.ts'

/**
 * State of one key, declared by name: `{ total: valueState(0), seen: mapState<string, number>() }`. Handles act on the key of the record or timer
 * that is being worked on. What is kept must be plain data (see `encodeValue`): it is part of checkpoints.
 */
export interface StateDeclaration<Handle> {
  /** Stored beside the state, so that it is never read as another kind than it was written as. */
  readonly kind: StateKind
  readonly ttl: StateTtl | undefined
  readonly schema: StateSchema | undefined
  readonly migrate: StateMigration | undefined
  /** Makes the handle; `cell` holds what is kept for the current key. */
  bind(cell: StateCell): Handle
  /** `held` is what a cell of this state holds. Times of access follow each value where the state has a TTL. */
  write(held: unknown, state: StateWriter): void
  read(state: StateReader, stored: StoredForm): unknown
  /** Drops, in place, what was last accessed at or before `expiredUpTo`. Undefined when nothing is left. Only for state with a TTL. */
  prune(held: unknown, expiredUpTo: number): unknown
  /** The earliest last access to anything in it. Only for state with a TTL. */
  firstAccess(held: unknown): number
}

export type StateKind = 'value' | 'list' | 'map' | 'reducing' | 'aggregating'

/** How state lies in a snapshot that is being read. */
export interface StoredForm {
  /** True when times of access are stored with it. */
  readonly hasTimes: boolean
  /** Time of access of what is stored without one. */
  readonly time: number
  /** The value as it is kept: migrated, when it does not agree with the state's schema. Throws unless it agrees then. */
  accept(value: unknown): unknown
}

/** Raw access to the current key's share of one declared state. */
export interface StateCell {
  /** Undefined while there is nothing. */
  get(): unknown
  /** Undefined removes it. Called after every change, one in place too. */
  set(held: unknown): void
  /** Throws unless the value agrees with the state's schema. */
  accept(value: unknown): void
  /** Event time of the record or timer, epoch ms; NaN without. */
  readonly time: number
  /** Time of an access now, by the clock of the state's TTL. */
  readonly accessTime: number
  /** What was last accessed at this time or before has expired. */
  readonly expiredUpTo: number
}

export type StateDeclarations = Readonly<Record<string, StateDeclaration<unknown>>>
export type StateHandles<D extends StateDeclarations> = {
  readonly [Name in keyof D]: D[Name] extends StateDeclaration<infer Handle> ? Handle : never
}

/** What a stored value must be: a type, or what a function of its own says. */
export type StateSchema<T = never> = TypeTag | ((value: T) => boolean)
export type TypeTag = 'string' | 'number' | 'bigint' | 'boolean' | 'object' | 'array'

export interface StateOptions<T> {
  /** When values that nobody needs any more go away by themselves. Default: never. */
  readonly ttl?: StateTtl
  /** Checked on every write and on restore; what fails is refused with STATE_INVALID. Of a list or map: for each element or value. */
  readonly schema?: StateSchema<T>
  /**
   * Makes a value that was stored before the code changed one of now. Called on restore with what does not agree with `schema`, which is how old and new
   * are told apart; what it returns must agree. Of a list or map: for each element or value. Leave it in place until the old checkpoints are gone: state
   * that no record touches stays as it was stored until the next full snapshot.
   */
  readonly migrate?: (stored: unknown) => T
}

export type StateMigration = (stored: unknown) => unknown

/** The part of a declaration that comes from the options, checked. */
export function declared(
  options: Omit<StateOptions<never>, 'migrate'> & { readonly migrate?: StateMigration },
): Pick<StateDeclaration<unknown>, 'ttl' | 'schema' | 'migrate'> {
  const { ttl, schema, migrate } = options
  if (ttl !== undefined) checkTtl(ttl)
  if (schema !== undefined && typeof schema !== 'function' && !TYPE_TAGS.includes(schema)) {
    throw new StreamError(
      'STATE_INVALID',
      `a schema is a function of the value or one of ${TYPE_TAGS.join(', ')}; got ${String(schema)}.`,
    )
  }
  if (migrate !== undefined && schema === undefined) {
    throw new StreamError(
      'STATE_INVALID',
      'migrate needs a schema, by which it is told what is stored in an old form. Give one.',
    )
  }
  return { ttl, schema, migrate }
}

export function agrees(value: unknown, schema: StateSchema): boolean {
  if (typeof schema === 'function') return schema(value as never)
  if (schema === 'array') return Array.isArray(value)
  if (schema === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value)
  return typeof value === schema
}

const TYPE_TAGS: readonly TypeTag[] = ['string', 'number', 'bigint', 'boolean', 'object', 'array']
