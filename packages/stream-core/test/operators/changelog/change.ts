import type { Change } from '../../../src/index.ts'

/** Changes in short. */
export const insert = <T>(value: T): Change<T> => ({ op: 'insert', value })
export const before = <T>(value: T): Change<T> => ({ op: 'updateBefore', value })
export const after = <T>(value: T): Change<T> => ({ op: 'updateAfter', value })
export const remove = <T>(value: T): Change<T> => ({ op: 'delete', value })
