import { json, type Route } from './route.ts'

/** Says whether the process is worth keeping: 503 once the job has failed for good. A job that restarts itself is healthy. */
export const health: Route = {
  path: '/healthz',
  answer(job) {
    const { state } = job.metrics()
    return json(state === 'failed' ? 503 : 200, { status: state === 'failed' ? 'failed' : 'ok', job: job.name, state })
  },
}
