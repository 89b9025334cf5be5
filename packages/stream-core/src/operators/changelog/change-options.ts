import type { KeyTtl } from '../../state/key-ttl.ts'

/** What every operator that emits changes takes. */
export interface ChangeOptions {
  /**
   * Whether a row that changes is first taken back as it was. Default true. False halves the output, for a sink that addresses rows by key;
   * an operator downstream that computes over the changes needs them.
   */
  readonly updateBefore?: boolean
  /** How long the state of a key is kept that no record writes to. Default: for ever. */
  readonly ttl?: KeyTtl
}
