import { access, constants, type FileHandle, open, stat } from 'node:fs/promises'
import type { ByteReader } from './byte-reader.ts'
import { fileError } from './file-error.ts'
import { GzipReader } from './gzip-reader.ts'
import { PlainReader } from './plain-reader.ts'

/** Opens a file for reading; `gzip` undefined means: see whether it is compressed. */
export function openFile(path: string, gzip: boolean | undefined): Promise<ByteReader> {
  return opened(path, async handle => {
    const stat = await handle.stat()
    if (gzip ?? (stat.isFile() && (await isGzip(handle)))) return new GzipReader(handle, path)
    return new PlainReader(handle, path, stat.isFile())
  })
}

/** Opens a file that is not compressed and can be read from anywhere. */
export function openPlainFile(path: string): Promise<PlainReader> {
  return opened(path, async handle => new PlainReader(handle, path, true))
}

/** Throws what opening the file would throw, without opening it: a pipe can be opened only once. */
export async function checkReadable(path: string): Promise<void> {
  try {
    await access(path, constants.R_OK)
    if ((await stat(path)).isDirectory()) throw isDirectory()
  } catch (cause) {
    throw fileError(path, cause)
  }
}

async function opened<R>(path: string, use: (handle: FileHandle) => Promise<R>): Promise<R> {
  let handle: FileHandle | undefined
  try {
    handle = await open(path, 'r')
    // A directory opens without complaint, and says what it is only when it is read.
    if ((await handle.stat()).isDirectory()) throw isDirectory()
    return await use(handle)
  } catch (cause) {
    await handle?.close()
    throw fileError(path, cause)
  }
}

function isDirectory(): Error {
  return Object.assign(new Error('is a directory'), { code: 'EISDIR' })
}

/** RFC 1952: no text in UTF-8 begins with these bytes, so looking at them guesses nothing. */
async function isGzip(handle: FileHandle): Promise<boolean> {
  const magic = Buffer.alloc(2)
  const { bytesRead } = await handle.read(magic, 0, 2, 0)
  return bytesRead === 2 && magic[0] === 0x1f && magic[1] === 0x8b
}
