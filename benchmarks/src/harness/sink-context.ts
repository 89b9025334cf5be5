import type { SinkContext } from '@rtp/stream-core/extend'
import { silentLogger, systemClock } from '@rtp/stream-core/extend'

/** What the engine gives a sink to be opened with. */
export function sinkContext(): SinkContext {
  const { signal } = new AbortController()
  return { job: 'bench', name: 'bench', signal, clock: systemClock, logger: silentLogger }
}
