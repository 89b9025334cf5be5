/** How far a stage is. */
export interface StageProgress {
  readonly stage: string
  readonly rows: number
  /** Share of the whole that is done, 0 to 1; undefined where the whole is not known. */
  readonly share?: number | undefined
}

export interface ProgressOptions {
  /** Where the progress goes; at a terminal one line is written over and over, elsewhere a line every `logEveryMs`. */
  readonly stream: ProgressStream
  readonly logEveryMs?: number
  /** Monotonic milliseconds. */
  readonly now?: () => number
}

export interface ProgressStream {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

/** Shows how far the stages are, and lets other lines through without tearing its own. */
export class Progress {
  readonly #stream: ProgressStream
  readonly #everyMs: number
  readonly #now: () => number
  readonly #stages = new Map<string, StageState>()
  #shownAt: number
  #line = ''

  constructor({ stream, logEveryMs = 5000, now = () => performance.now() }: ProgressOptions) {
    this.#stream = stream
    this.#everyMs = stream.isTTY === true ? 100 : logEveryMs
    this.#now = now
    this.#shownAt = now()
  }

  /** A stage has come so far; shown when it is time. */
  update(progress: StageProgress): void {
    const now = this.#now()
    const state = this.#stages.get(progress.stage) ?? {
      firstAt: now,
      firstRows: progress.rows,
      firstShare: progress.share ?? 0,
    }
    this.#stages.set(progress.stage, { ...state, progress })
    if (now - this.#shownAt >= this.#everyMs) this.#show(now)
  }

  /** A stage is over: it is shown no more. */
  finish(stage: string): void {
    this.#stages.delete(stage)
    if (this.#stages.size === 0) this.#clear()
  }

  /** Writes a line of its own. */
  say(text: string): void {
    const line = this.#line
    this.#clear()
    this.#stream.write(`${text}\n`)
    if (line !== '') this.#draw(line)
  }

  /** Takes the progress off the terminal. */
  end(): void {
    this.#stages.clear()
    this.#clear()
  }

  #show(now: number): void {
    this.#shownAt = now
    const text = [...this.#stages.values()].map(state => describeStage(state, now)).join(' | ')
    if (this.#stream.isTTY === true) this.#draw(text)
    else this.#stream.write(`${text}\n`)
  }

  #draw(text: string): void {
    const width = Math.max(20, (this.#stream.columns ?? 80) - 1)
    this.#line = text
    // Erases the line, writes, and leaves the cursor on it.
    this.#stream.write(`\r\u001b[2K${text.length > width ? `${text.slice(0, width - 3)}...` : text}`)
  }

  #clear(): void {
    if (this.#line !== '') this.#stream.write('\r\u001b[2K')
    this.#line = ''
  }
}

interface StageState {
  readonly firstAt: number
  readonly firstRows: number
  readonly firstShare: number
  readonly progress?: StageProgress
}

function describeStage({ firstAt, firstRows, firstShare, progress }: StageState, now: number): string {
  if (progress === undefined) return ''
  const { stage, rows, share } = progress
  const seconds = (now - firstAt) / 1000
  const rate = seconds > 0 ? (rows - firstRows) / seconds : 0
  const parts = [`${stage} ${count(rows)} rows`]
  if (share !== undefined) parts[0] += ` (${Math.floor(share * 100)} %)`
  parts.push(`${count(rate)} rows/s`)
  const done = share === undefined ? 0 : share - firstShare
  if (share !== undefined && share < 1 && done > 0) parts.push(`ETA ${duration(((1 - share) / done) * seconds)}`)
  return parts.join(', ')
}

/** A whole number with thousands separators. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds)
  return whole < 90 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}
