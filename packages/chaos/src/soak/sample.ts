/** The job process at a moment. */
export interface Sample {
  /** Seconds since the load was put on. */
  readonly at: number
  readonly heapBytes: number
  readonly memoryBytes: number
  readonly openFiles: number
  /** 99th percentile since the sample before. */
  readonly loopDelayMs: number
  /** Raw rows in committed checkpoints. */
  readonly committed: number
}

/** Asks the job's own /metrics. */
export async function takeSample(address: string, at: number): Promise<Sample> {
  const response = await fetch(new URL('/metrics', address))
  if (!response.ok) throw new Error(`${address}/metrics answered ${response.status}.`)
  const text = await response.text()
  const value = (name: string, label = ''): number => {
    const line = text
      .split('\n')
      .find(one => one.startsWith(name) && /[ {]/.test(one[name.length]!) && one.includes(label))
    if (line === undefined) throw new Error(`${address}/metrics has no ${name}.`)
    return Number(line.slice(line.lastIndexOf(' ') + 1))
  }
  return {
    at,
    heapBytes: value('nodejs_heap_size_used_bytes'),
    memoryBytes: value('process_resident_memory_bytes'),
    openFiles: value('process_open_fds'),
    loopDelayMs: value('nodejs_eventloop_delay_p99_seconds') * 1_000,
    committed: value('rtp_sink_rows_total', 'operator="raw-events"'),
  }
}
