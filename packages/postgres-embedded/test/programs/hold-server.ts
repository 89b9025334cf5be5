import { startPostgres } from '../../src/index.ts'

/** Starts a server, says where it is, and then ends in the way that its argument names. */
const { pid, dataDir, url } = await startPostgres()
process.send?.({ pid, dataDir, url })

switch (process.argv[2]) {
  case 'exit':
    process.exit(0)
    break
  case 'throw':
    setImmediate(() => {
      throw new Error('nobody catches this')
    })
    break
  case 'reject':
    void Promise.reject(new Error('nobody handles this'))
    break
  case 'end':
    // Nothing is left to do: a server alone must not keep its process alive.
    process.disconnect()
    break
  default:
    setInterval(() => undefined, 1_000)
}
