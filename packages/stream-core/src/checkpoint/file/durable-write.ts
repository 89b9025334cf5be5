import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { reachPoint } from '../../crash-points.ts'
import { messageOf, StreamError } from '../../errors.ts'

/**
 * Writes a file that is there as a whole, on the disk, or not at all: a temporary file beside it, fsync, rename, fsync of the directory.
 * `beforeRename` may still refuse. Throws CHECKPOINT_FAILED when the disk does not take it; nothing of it is left then.
 */
export async function writeDurably(
  path: string,
  parts: readonly Uint8Array[],
  beforeRename: () => Promise<void> = async () => {},
): Promise<void> {
  const temporary = `${path}${TEMPORARY_SUFFIX}`
  try {
    await writeSynced(temporary, parts)
    await beforeRename()
    await rename(temporary, path)
    reachPoint('file-renamed')
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {})
    throw diskError(path, cause)
  }
  try {
    await syncDirectory(dirname(path))
    reachPoint('directory-synced')
  } catch (cause) {
    // The name may not survive a power failure: the file must not be there at all, since the caller is told so.
    await rm(path, { force: true }).catch(() => {})
    throw diskError(path, cause)
  }
}

export const TEMPORARY_SUFFIX = '.tmp'

export async function writeSynced(path: string, parts: readonly Uint8Array[]): Promise<void> {
  const file = await open(path, 'w')
  try {
    await writeAll(file, parts)
    reachPoint('file-written')
    await file.sync()
    reachPoint('file-synced')
  } finally {
    await file.close()
  }
}

/** Makes names in a directory durable. Windows has no such call, and needs none. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/** What went wrong with a file, and what helps. A `StreamError` is passed on as it is. */
export function diskError(path: string, cause: unknown): StreamError {
  if (cause instanceof StreamError) return cause
  const code = errorCode(cause)
  const [what, remedy, retryable] = DISK_FAULTS.get(code ?? '') ?? [messageOf(cause), 'Check the disk.', false]
  return new StreamError('CHECKPOINT_FAILED', `${path}: ${what}. ${remedy}`, { cause, retryable })
}

export function errorCode(cause: unknown): string | undefined {
  if (!(cause instanceof Error) || !('code' in cause) || typeof cause.code !== 'string') return undefined
  return cause.code
}

const DISK_FAULTS = new Map<string, readonly [what: string, remedy: string, retryable: boolean]>([
  ['ENOSPC', ['the disk is full', 'Free space there, or move the checkpoint directory.', true]],
  ['EDQUOT', ['the disk quota is used up', 'Raise it, or move the checkpoint directory.', true]],
  ['EACCES', ['access is denied', 'Give this user the right to write there.', false]],
  ['EPERM', ['access is denied', 'Give this user the right to write there.', false]],
  ['EROFS', ['the file system is read-only', 'Choose another checkpoint directory.', false]],
  ['ENOTDIR', ['a part of the path is not a directory', 'Choose another checkpoint directory.', false]],
])

async function writeAll(file: FileHandle, parts: readonly Uint8Array[]): Promise<void> {
  for (const part of parts) {
    for (let at = 0; at < part.length; ) {
      const { bytesWritten } = await file.write(part, at, part.length - at)
      at += bytesWritten
    }
  }
}
