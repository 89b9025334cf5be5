/** Options that every step takes. */
export interface Named {
  /** Name of the step: in errors, metrics and explain(), and the key of its state in checkpoints. Default: the operator's kind. */
  readonly name?: string
}
