import { stat } from 'node:fs/promises'

/** True when there is a file or folder at `path`. */
export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/** For `.catch()` of what makes a file or link that may be there already. */
export function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}
