import { json, type Route } from './route.ts'

/** Steps, tasks, stages, and the delivery guarantee of each sink with its reason: what `explain()` prints, as JSON. */
export const plan: Route = {
  path: '/plan',
  answer: job => json(200, job.plan()),
}
