/** Turns the first SIGTERM or SIGINT into a request to finish; a second one ends the process at once. */
export class StopSignals {
  readonly #stopping = new AbortController()
  readonly #say: (line: string) => void
  readonly #onSignal = (signal: NodeJS.Signals) => this.#receive(signal)

  constructor(say: (line: string) => void) {
    this.#say = say
    for (const signal of SIGNALS) process.on(signal, this.#onSignal)
  }

  get stopping(): AbortSignal {
    return this.#stopping.signal
  }

  /** Gives the signals back to their defaults. */
  close(): void {
    for (const signal of SIGNALS) process.off(signal, this.#onSignal)
  }

  #receive(signal: NodeJS.Signals): void {
    if (this.#stopping.signal.aborted) {
      this.#say(`${signal} again: ended at once`)
      process.exit(128 + (signal === 'SIGINT' ? 2 : 15))
    }
    this.#say(`${signal}: finishing what was begun; send it again to end at once`)
    this.#stopping.abort(signal)
  }
}

const SIGNALS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT']
