import { json, type Route } from './route.ts'

/**
 * Says whether the process is worth keeping: 503 once the job has failed for good. A job that restarts itself is healthy; how often it did, and
 * what it last failed of, is said in either case.
 */
export const health: Route = {
  path: '/healthz',
  answer(job) {
    const { state, restarts, failures } = job.metrics()
    const last = failures.last.at(-1)
    return json(state === 'failed' ? 503 : 200, {
      status: state === 'failed' ? 'failed' : 'ok',
      job: job.name,
      state,
      restarts,
      ...(last === undefined ? {} : { lastFailure: { ...last, at: new Date(last.at).toISOString() } }),
    })
  },
}
