import { type EmbeddedPostgres, startPostgres } from '@rtp/postgres-embedded'
import { type ChildListener, ChildProcess } from '../children/child-process.ts'
import type { Settings } from '../cli/settings.ts'
import type { ServerKind } from '../output/report.ts'

/** A broker and a database to work with: those that were named, else embedded ones. */
export interface Servers {
  /** The settings with the addresses of both. */
  readonly settings: Settings & Required<Pick<Settings, 'brokers' | 'database'>>
  readonly kinds: { readonly kafka: ServerKind; readonly postgres: ServerKind }
  /** Rejects when an embedded broker ends before it is stopped. */
  readonly failed: Promise<never>
  stop(): Promise<void>
}

/** Starts what was not named. Embedded servers end with this process, however it ends. */
export async function startServers(settings: Settings, listener: ChildListener): Promise<Servers> {
  const broker = settings.brokers === undefined ? new ChildProcess('broker', settings, listener) : undefined
  let database: EmbeddedPostgres | undefined
  const stop = async () => {
    await Promise.all([broker?.stop(), database?.stop()])
  }
  try {
    if (settings.database === undefined)
      database = await startPostgres({ database: 'telemetry', settings: SERVER_SETTINGS })
    const address = await broker?.ready
    return {
      settings: {
        ...settings,
        brokers: settings.brokers ?? [String(address)],
        database: settings.database ?? { url: database?.url },
      },
      kinds: {
        kafka: broker === undefined ? 'external' : 'embedded',
        postgres: database === undefined ? 'external' : 'embedded',
      },
      failed: failureOf(broker),
      stop,
    }
  } catch (cause) {
    await stop()
    throw cause
  }
}

/** What a server for a few minutes of load needs, and nothing that changes what a commit means. */
const SERVER_SETTINGS = { shared_buffers: '256MB', max_wal_size: '4GB', checkpoint_timeout: '15min' }

async function failureOf(broker: ChildProcess<'broker'> | undefined): Promise<never> {
  if (broker !== undefined) await broker.result
  return new Promise<never>(() => undefined)
}
