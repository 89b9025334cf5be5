import { open } from 'node:fs/promises'

const POLL_MS = 200

/** Hands the lines that are appended to a log file to `log`. Returns a function that reads the rest and ends it. */
export function followLog(file: string, log: (line: string) => void): () => Promise<void> {
  let position = 0
  let rest = ''
  let reading: Promise<void> = Promise.resolve()

  const read = async () => {
    const handle = await open(file, 'r').catch(() => undefined)
    if (!handle) return
    try {
      const { size } = await handle.stat()
      if (size <= position) return
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(size - position), 0, size - position, position)
      position += bytesRead
      const lines = (rest + buffer.toString('utf8', 0, bytesRead)).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) log(line)
    } finally {
      await handle.close()
    }
  }
  // One read at a time. A log that cannot be read must not end the process that only watches it.
  const next = () => {
    reading = reading.then(read).catch(() => undefined)
    return reading
  }
  const timer = setInterval(() => void next(), POLL_MS)
  timer.unref()
  return async () => {
    clearInterval(timer)
    await next()
    if (rest !== '') log(rest)
  }
}
