import { chown, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { findBinaries } from './binaries.ts'
import { openDataDir } from './data-dir.ts'
import { openDatabase } from './database.ts'
import { EmbeddedPostgresError } from './errors.ts'
import { followLog } from './follow-log.ts'
import { freePort } from './free-port.ts'
import { LOG_FILE, Postmaster, type PostmasterOptions } from './postmaster.ts'
import { serverUser } from './server-user.ts'
import { clearStaleLock } from './stale-lock.ts'
import { startWatchdog } from './watchdog.ts'

/** How to start a server. All optional. */
export interface PostgresOptions {
  /** Folder that keeps the data between runs; made if missing, reopened if not. Default: a temporary one, removed at the end. */
  readonly dataDir?: string
  /** Port on 127.0.0.1. Default: a free one. */
  readonly port?: number
  /** Database that `url` names; made if missing. Default `postgres`. */
  readonly database?: string
  /** Superuser. Default `postgres`. */
  readonly user?: string
  /** Default: a random one, kept in the data folder and part of `url`. */
  readonly password?: string
  /** PostgreSQL settings as in postgresql.conf, e.g. `{ max_connections: 50, fsync: false }`. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>
  /** Is handed every line that the server prints. Default: they go to postgres.log in the data folder only. */
  readonly log?: (line: string) => void
}

/** A running server. It ends with this process if it is not stopped before, however the process ends. */
export interface EmbeddedPostgres {
  /** postgresql:// address with user, password, port and database. */
  readonly url: string
  readonly port: number
  /** Version of the server, e.g. `18.4`. */
  readonly version: string
  readonly dataDir: string
  readonly pid: number
  /** Shuts the server down in order and removes a temporary data folder. May be called twice, and after kill(). */
  stop(): Promise<void>
  /** kill -9 of the server and its processes, for crash tests. The data folder stays until stop(): start again with the same dataDir and port. */
  kill(): Promise<void>
}

const PORT_ATTEMPTS = 20

/**
 * Starts a real PostgreSQL from npm's binaries: UTF-8, C locale, UTC, listening on 127.0.0.1 only. For development and tests.
 *
 * @throws EmbeddedPostgresError with a code that names the cause.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<EmbeddedPostgres> {
  const user = await serverUser(options.dataDir)
  const binaries = await findBinaries(user)
  const { dataDir: path, user: name, password } = options
  const wanted = { ...(name !== undefined && { user: name }), ...(password !== undefined && { password }) }
  const dataDir = await openDataDir(path, wanted, binaries, user)
  const removeTemporary = async () => {
    if (dataDir.temporaryFolder) await rm(dataDir.temporaryFolder, { recursive: true, force: true, maxRetries: 3 })
  }
  const settings = Object.entries(options.settings ?? {}).map(([key, value]) => [key, settingText(value)])

  let postmaster: Postmaster
  let port: number
  try {
    await clearStaleLock(dataDir.path)
    const base = {
      binaries,
      user,
      dataDir: dataDir.path,
      settings: Object.fromEntries(settings) as Record<string, string>,
    }
    ;({ postmaster, port } = await startOnPort(base, options.port))
  } catch (error) {
    await removeTemporary()
    throw error
  }
  const watchdog = startWatchdog(postmaster.pid, dataDir.temporaryFolder)
  void postmaster.exited.then(() => watchdog.serverIsGone())
  const logFile = join(dataDir.path, LOG_FILE)
  if (user.ids) await chown(logFile, user.ids.uid, user.ids.gid)
  const endLog = options.log ? followLog(logFile, options.log) : async () => undefined

  let stopped: Promise<void> | undefined
  const stop = async () => {
    await postmaster.stop()
    await endLog()
    await removeTemporary()
    watchdog.dismiss()
  }
  const urlOf = (database: string) => address({ ...dataDir.credentials, port, database })
  const database = options.database ?? 'postgres'
  try {
    const { version } = await openDatabase(urlOf('postgres'), database)
    return {
      url: urlOf(database),
      port,
      version,
      dataDir: dataDir.path,
      pid: postmaster.pid,
      stop: () => {
        stopped ??= stop()
        return stopped
      },
      kill: () => postmaster.kill(),
    }
  } catch (cause) {
    await stop()
    throw new EmbeddedPostgresError(
      'START_FAILED',
      `The server on ${dataDir.path} runs, but does not let a client in. Check user and password, or choose another dataDir.`,
      { cause },
    )
  }
}

/** Only the server's own bind decides whether a port is free: when a chosen one was taken in between, another is tried. */
async function startOnPort(
  options: Omit<PostmasterOptions, 'port'>,
  wantedPort: number | undefined,
): Promise<{ postmaster: Postmaster; port: number }> {
  for (let attempt = 1; ; attempt++) {
    const port = wantedPort ?? (await freePort())
    try {
      return { postmaster: await Postmaster.start({ ...options, port }), port }
    } catch (error) {
      const isTaken = error instanceof EmbeddedPostgresError && error.code === 'PORT_IN_USE'
      if (!isTaken || wantedPort !== undefined || attempt === PORT_ATTEMPTS) throw error
    }
  }
}

function address(to: { user: string; password: string; port: number; database: string }): string {
  const { user, password, database } = to
  return `postgresql://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${to.port}/${encodeURIComponent(database)}`
}

function settingText(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  return String(value)
}
