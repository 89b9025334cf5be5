import { json, type Route } from './route.ts'

/** Says whether the job works on records now: 200 while it runs, else 503. */
export const readiness: Route = {
  path: '/readyz',
  answer(job) {
    const { state } = job.metrics()
    return json(state === 'running' ? 200 : 503, {
      status: state === 'running' ? 'ready' : 'not ready',
      job: job.name,
      state,
    })
  },
}
