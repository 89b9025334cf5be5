/** Whose bytes: those that clients send, or those that the server answers. */
export type Direction = 'toServer' | 'toClient'

/**
 * What a network can do. Without a direction, both.
 *
 * `latency`, `bandwidth`, `torn`, `stall` and `refuse` are states of the network: they hold for connections that are open and for those to come, until
 * `heal()`, and lose nothing. `reset`, `slow-close` and `half-open` befall the connections that are open; new ones are sound.
 */
export type NetworkFault =
  /** Every byte arrives so much later, and up to `jitterMs` more; order is kept. */
  | { readonly kind: 'latency'; readonly ms: number; readonly jitterMs?: number; readonly direction?: Direction }
  /** Per connection and direction; who sends more has to wait. */
  | { readonly kind: 'bandwidth'; readonly bytesPerSecond: number; readonly direction?: Direction }
  /** Bytes arrive in pieces of at most this size, each by itself. */
  | { readonly kind: 'torn'; readonly pieceBytes: number; readonly direction?: Direction }
  /** Nothing arrives, goodbyes neither, until `heal()`; then everything does, late. New connections are accepted and hear nothing. */
  | { readonly kind: 'stall'; readonly direction?: Direction }
  /** Nobody listens: new connections are refused, those that are open go on. */
  | { readonly kind: 'refuse' }
  /** The receiver of the direction gets an RST, and the other end hears nothing more: `toClient` cuts the client and leaves the server waiting. */
  | { readonly kind: 'reset'; readonly direction?: Direction }
  /** The receiver of the direction gets a FIN; after it no byte passes either way. */
  | { readonly kind: 'slow-close'; readonly direction?: Direction }
  /** Bytes and goodbyes of the direction vanish from now on, and nobody is told: as if the machine behind had lost its power. */
  | { readonly kind: 'half-open'; readonly direction?: Direction }

export type NetworkFaultKind = NetworkFault['kind']

/** Where in the bytes a fault begins that waits for its moment. */
export interface NetworkMoment {
  /** Whose bytes are looked at. */
  readonly direction: Direction
  /** At the first byte of this text (or these bytes); what went over the wire before its last piece arrived has passed. */
  readonly sees?: string | Uint8Array
  /** Or behind so many bytes, counted from now on over all connections. */
  readonly bytes?: number
}

export function directionsOf(fault: { readonly direction?: Direction }): readonly Direction[] {
  return fault.direction === undefined ? ['toServer', 'toClient'] : [fault.direction]
}
