/** Health, readiness and metrics of a running job over HTTP. */

export type { ServedJob } from './served-job.ts'
export { type JobServer, type JobServerOptions, serveJob } from './server.ts'
