import { readFile, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { EmbeddedPostgresError } from './errors.ts'

/** The user a server runs as. Absent ids mean: the user of this process. */
export interface ServerUser {
  readonly name: string
  readonly ids: { uid: number; gid: number } | undefined
}

/**
 * Decides who runs PostgreSQL, which refuses to run as root: root hands it to the owner of an existing data folder, else to the
 * system's `postgres`, else to `nobody`. No user is created. Everyone else runs it as themselves.
 */
export async function serverUser(dataDir: string | undefined): Promise<ServerUser> {
  if (process.getuid?.() !== 0) return { name: 'the current user', ids: undefined }
  const owner = dataDir === undefined ? undefined : await ownerOf(dataDir)
  if (owner && owner.uid !== 0) return { name: `uid ${owner.uid}`, ids: owner }
  const known = await passwordEntries()
  for (const name of ['postgres', 'nobody']) {
    const ids = known.get(name)
    if (ids && ids.uid !== 0) return { name, ids }
  }
  throw new EmbeddedPostgresError(
    'NO_UNPRIVILEGED_USER',
    'PostgreSQL refuses to run as root, and /etc/passwd has neither a user postgres nor nobody to run it as. Run this process as another user.',
  )
}

/** The first folder on the way to `path` that `user` may not enter, or undefined when the way is free. */
export async function blockedFolder(path: string, user: ServerUser): Promise<string | undefined> {
  if (!user.ids) return undefined
  const way: string[] = []
  for (let folder = dirname(resolve(path)); ; folder = dirname(folder)) {
    way.unshift(folder)
    if (folder === dirname(folder)) break
  }
  for (const folder of way) {
    const { mode, uid, gid } = await stat(folder)
    const enter = uid === user.ids.uid ? 0o100 : gid === user.ids.gid ? 0o010 : 0o001
    if ((mode & enter) === 0) return folder
  }
  return undefined
}

async function ownerOf(path: string): Promise<{ uid: number; gid: number } | undefined> {
  try {
    const { uid, gid } = await stat(path)
    return { uid, gid }
  } catch {
    return undefined
  }
}

async function passwordEntries(): Promise<Map<string, { uid: number; gid: number }>> {
  const text = await readFile('/etc/passwd', 'utf8').catch(() => '')
  const entries = new Map<string, { uid: number; gid: number }>()
  for (const line of text.split('\n')) {
    const [name, , uid, gid] = line.split(':')
    if (name && uid && gid) entries.set(name, { uid: Number(uid), gid: Number(gid) })
  }
  return entries
}
