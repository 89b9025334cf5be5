/**
 * A change of a table that a stream describes, with the semantics of Flink's RowKind. A row that changes is taken back as it was and put in as
 * it is now, one directly behind the other; a sink that writes by key may pass over `updateBefore`.
 */
export type Change<T> =
  | { readonly op: 'insert'; readonly value: T }
  | { readonly op: 'updateBefore'; readonly value: T }
  | { readonly op: 'updateAfter'; readonly value: T }
  | { readonly op: 'delete'; readonly value: T }
