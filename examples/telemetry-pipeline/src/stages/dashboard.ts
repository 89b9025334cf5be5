import { type JobServer, serveJob } from '@rtp/job-server'
import { StreamError } from '@rtp/stream-core'
import type { Settings } from '../cli/settings.ts'
import type { StageListener } from './stage-listener.ts'
import type { TelemetryJob } from './telemetry-job.ts'

/** Health and metrics of a job over HTTP, on one port for all runs that a stage takes. */
export class Dashboard {
  readonly #settings: Settings
  readonly #listener: Pick<StageListener, 'logger' | 'say'>
  #port: number | undefined
  #server: JobServer | undefined

  constructor(settings: Settings, listener: Pick<StageListener, 'logger' | 'say'>) {
    this.#settings = settings
    this.#listener = listener
    this.#port = settings.dashboardPort
  }

  /** Serves this job from now on. Errors: those of @rtp/job-server, when the port was asked for by name. */
  async serve(job: TelemetryJob): Promise<void> {
    await this.#server?.close()
    if (this.#port === undefined) return
    const { host } = this.#settings.config.dashboard
    try {
      const server = await serveJob(job, { port: this.#port, host })
      if (this.#server === undefined) this.#listener.say(`${server.url}/healthz, /readyz, /metrics`)
      this.#server = server
      this.#port = server.port
    } catch (cause) {
      if (this.#settings.isDashboardAsked || !(cause instanceof StreamError)) throw cause
      this.#listener.logger.warn(
        `${cause.message} The job runs without health and metrics; --no-dashboard says that this is meant.`,
      )
      this.#port = undefined
    }
  }

  async close(): Promise<void> {
    await this.#server?.close()
  }
}
