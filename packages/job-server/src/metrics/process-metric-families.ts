import { readdirSync } from 'node:fs'
import { type EventLoopUtilization, monitorEventLoopDelay, performance } from 'node:perf_hooks'
import type { MetricFamily } from '../prometheus.ts'
import { packageVersion } from '../version.ts'

/** What the Node process uses, under the names that Prometheus clients share. Event-loop figures are of the time since the last call. */
export function processMetricFamilies(): MetricFamily[] {
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  return [
    family('rtp_build_info', 'gauge', 'The version that runs.', 1, { version, node: process.version }),
    family('process_cpu_seconds_total', 'counter', 'CPU time used.', (user + system) / 1e6),
    family('process_resident_memory_bytes', 'gauge', 'Memory in RAM.', rss),
    family('process_start_time_seconds', 'gauge', 'When the process was started.', performance.timeOrigin / 1_000),
    family('nodejs_heap_size_used_bytes', 'gauge', 'JavaScript heap in use.', heapUsed),
    family('nodejs_heap_size_total_bytes', 'gauge', 'JavaScript heap.', heapTotal),
    family('nodejs_external_memory_bytes', 'gauge', 'Memory of buffers outside the heap.', external),
    ...openFileFamilies(),
    ...eventLoopFamilies(),
  ]
}

const version = packageVersion()

/** Where the system has a folder of them: on Linux. */
function openFileFamilies(): MetricFamily[] {
  try {
    // Reading the folder opens one more.
    const open = readdirSync('/proc/self/fd').length - 1
    return [family('process_open_fds', 'gauge', 'Files and sockets that are open.', open)]
  } catch {
    return []
  }
}

let delay: ReturnType<typeof monitorEventLoopDelay> | undefined
let last: EventLoopUtilization | undefined

function eventLoopFamilies(): MetricFamily[] {
  if (delay === undefined) {
    delay = monitorEventLoopDelay({ resolution: 10 })
    delay.enable()
  }
  const total = performance.eventLoopUtilization()
  const { utilization } = last === undefined ? total : performance.eventLoopUtilization(total, last)
  last = total
  const p99 = delay.count > 0 ? delay.percentile(99) / 1e9 : 0
  delay.reset()
  return [
    family('nodejs_eventloop_delay_p99_seconds', 'gauge', 'Delay of timers, 99th percentile.', p99),
    family(
      'nodejs_eventloop_utilization_ratio',
      'gauge',
      'Share of the time that the event loop was busy.',
      utilization,
    ),
  ]
}

function family(
  name: string,
  type: MetricFamily['type'],
  help: string,
  value: number,
  labels: Readonly<Record<string, string>> = {},
): MetricFamily {
  return { name, type, help, samples: [{ labels, value }] }
}
