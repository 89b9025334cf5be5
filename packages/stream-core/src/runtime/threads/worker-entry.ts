/**
 * The first lines of a thread, as an address: they load the job's module by its own. An address and no file of this package, so that it also works
 * where the package has been bundled into another program; an ES module, because what `--import` and loaders add to Node is for those only.
 */
export const WORKER_ENTRY = new URL(
  `data:text/javascript,${encodeURIComponent(`
import { parentPort, workerData } from 'node:worker_threads'
let module
try {
  module = await import(workerData.module)
} catch (error) {
  invalid('could not be loaded: ' + (error instanceof Error ? error.message : error), error?.stack)
}
if (typeof module?.thread?.startThread === 'function') await module.thread.startThread(parentPort, workerData)
else if (module !== undefined) invalid('has no export "thread" that defineThread() has made')

function invalid(what, stack) {
  parentPort.postMessage({ type: 'invalid', what, stack })
  parentPort.close()
}
`)}`,
)
