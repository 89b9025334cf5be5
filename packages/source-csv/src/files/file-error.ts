import { messageOf, StreamError } from '@rtp/stream-core/extend'

/** What the system said about a file, as an error that says what to do. */
export function fileError(path: string, cause: unknown): StreamError {
  if (cause instanceof StreamError) return cause
  const options = { cause, place: { partition: path } }
  switch (codeOf(cause)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new StreamError(
        'CSV_FILE_NOT_FOUND',
        `there is no file ${path}. Check the path; it is relative to ${process.cwd()} unless it begins with /.`,
        options,
      )
    case 'EISDIR':
      return new StreamError(
        'CSV_FILE_IS_DIRECTORY',
        `${path} is a directory. Pass the files in it, one by one.`,
        options,
      )
    case 'EACCES':
    case 'EPERM':
      return new StreamError(
        'CSV_FILE_NOT_READABLE',
        `${path} may not be read by this user. Give the process read permission on the file and on the folders above it.`,
        options,
      )
    case 'EMFILE':
    case 'ENFILE':
      return new StreamError(
        'CSV_FILE_NOT_READABLE',
        `${path} cannot be opened: too many files are open. Raise the limit (ulimit -n).`,
        {
          ...options,
          retryable: true,
        },
      )
    case 'Z_DATA_ERROR':
    case 'Z_BUF_ERROR':
      return new StreamError(
        'CSV_GZIP_CORRUPT',
        `the gzip data of ${path} ends too early or is damaged (${messageOf(cause)}). Rows before that place may have been read already; get the file again.`,
        options,
      )
    default:
      return new StreamError('CSV_FILE_READ_FAILED', `reading ${path} failed: ${messageOf(cause)}.`, options)
  }
}

function codeOf(cause: unknown): unknown {
  return typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined
}
