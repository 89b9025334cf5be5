import { jobMetricFamilies } from '../metrics/job-metric-families.ts'
import { processMetricFamilies } from '../metrics/process-metric-families.ts'
import { PROMETHEUS_CONTENT_TYPE, prometheusText } from '../prometheus.ts'
import type { Route } from './route.ts'

/** Everything that the job and its process count, for Prometheus. */
export const metrics: Route = {
  path: '/metrics',
  answer: job => ({
    status: 200,
    contentType: PROMETHEUS_CONTENT_TYPE,
    body: prometheusText([...jobMetricFamilies(job.metrics(), Date.now()), ...processMetricFamilies()]),
  }),
}
