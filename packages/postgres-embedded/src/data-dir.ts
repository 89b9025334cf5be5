import { randomBytes } from 'node:crypto'
import { chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { Binaries } from './binaries.ts'
import { EmbeddedPostgresError, failureFromOutput } from './errors.ts'
import { exists, ignoreExisting } from './existing-files.ts'
import { runToEnd } from './run-to-end.ts'
import { blockedFolder, type ServerUser } from './server-user.ts'

/** The superuser of a database cluster. */
export interface Credentials {
  readonly user: string
  readonly password: string
}

/** A folder with an initialised database cluster in it. */
export interface DataDir {
  readonly path: string
  /** What to remove when the server is gone: the folder, when it was made for this run only. */
  readonly temporaryFolder: string | undefined
  readonly credentials: Credentials
}

/** Written into the data folder last, so its presence also says that initdb came to its end. */
const CREDENTIALS_FILE = 'rtp-postgres-embedded.json'

/** Makes a temporary cluster, or makes or reopens the one in `path`. */
export async function openDataDir(
  path: string | undefined,
  wanted: Partial<Credentials>,
  binaries: Binaries,
  user: ServerUser,
): Promise<DataDir> {
  const dir = path === undefined ? await temporaryDir(user) : await keptDir(resolve(path), user)
  const temporaryFolder = path === undefined ? dir : undefined
  try {
    if (await exists(join(dir, 'PG_VERSION'))) {
      return { path: dir, temporaryFolder, credentials: await storedCredentials(dir, wanted) }
    }
    const credentials = {
      user: wanted.user ?? 'postgres',
      password: wanted.password ?? randomBytes(18).toString('base64url'),
    }
    await initialise(dir, credentials, binaries, user, { durable: path !== undefined })
    return { path: dir, temporaryFolder, credentials }
  } catch (error) {
    if (temporaryFolder) await rm(temporaryFolder, { recursive: true, force: true })
    throw error
  }
}

async function temporaryDir(user: ServerUser): Promise<string> {
  const reachable = (await blockedFolder(join(tmpdir(), 'data'), user)) === undefined
  const dir = await mkdtemp(join(reachable ? tmpdir() : '/tmp', 'rtp-postgres-'))
  if (user.ids) await chown(dir, user.ids.uid, user.ids.gid)
  return dir
}

async function keptDir(dir: string, user: ServerUser): Promise<string> {
  await mkdir(dirname(dir), { recursive: true })
  await mkdir(dir, { mode: 0o700 }).catch(ignoreExisting)
  const blocked = await blockedFolder(dir, user)
  if (blocked !== undefined) {
    throw new EmbeddedPostgresError(
      'DATA_DIR_UNREACHABLE',
      `PostgreSQL refuses to run as root and runs as ${user.name}, who may not enter ${blocked}, so it cannot use ${dir}. ` +
        `Choose a dataDir elsewhere, or allow it: chmod o+x ${blocked}`,
    )
  }
  const isNew = !(await exists(join(dir, 'PG_VERSION')))
  if (user.ids && isNew) await chown(dir, user.ids.uid, user.ids.gid)
  return dir
}

async function initialise(
  dir: string,
  credentials: Credentials,
  binaries: Binaries,
  user: ServerUser,
  { durable }: { durable: boolean },
): Promise<void> {
  // A folder of its own: the data folder must be empty, and command lines are seen by every user.
  const secrets = await temporaryDir(user)
  try {
    const passwordFile = join(secrets, 'password')
    await writeOwned(passwordFile, `${credentials.password}\n`, user)
    const args = [`--pgdata=${dir}`, `--username=${credentials.user}`, `--pwfile=${passwordFile}`]
    args.push('--auth=scram-sha-256', '--encoding=UTF8', '--no-locale', '--no-instructions')
    if (!durable) args.push('--no-sync')
    const { code, output } = await runToEnd(binaries.initdb, args, user)
    if (code !== 0) throw failureFromOutput('INIT_FAILED', output, dir)
  } finally {
    await rm(secrets, { recursive: true, force: true })
  }
  await writeOwned(join(dir, CREDENTIALS_FILE), JSON.stringify(credentials), user)
}

async function writeOwned(file: string, text: string, user: ServerUser): Promise<void> {
  await writeFile(file, text, { mode: 0o600 })
  if (user.ids) await chown(file, user.ids.uid, user.ids.gid)
}

async function storedCredentials(dir: string, wanted: Partial<Credentials>): Promise<Credentials> {
  const text = await readFile(join(dir, CREDENTIALS_FILE), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new EmbeddedPostgresError(
      'DATA_DIR_NOT_OWNED',
      `${dir} belongs to another user and cannot be read. Run as that user, or choose another dataDir.`,
      { cause: error },
    )
  })
  if (text !== undefined) {
    const stored = JSON.parse(text) as Credentials
    const agrees =
      (wanted.user ?? stored.user) === stored.user && (wanted.password ?? stored.password) === stored.password
    if (agrees) return stored
    throw new EmbeddedPostgresError(
      'DATA_DIR_CREDENTIALS',
      `The database in ${dir} was made with another user or password. Leave both out to use those it was made with.`,
    )
  }
  if (wanted.user !== undefined && wanted.password !== undefined)
    return { user: wanted.user, password: wanted.password }
  throw new EmbeddedPostgresError(
    'DATA_DIR_CREDENTIALS',
    `${dir} holds a database that was made by another program, or whose making was interrupted. Give its user and password, or choose a new folder.`,
  )
}
