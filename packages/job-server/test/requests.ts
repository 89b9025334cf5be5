import { request } from 'node:http'
import type { JobMetrics, JobState, PlanDescription } from '@rtp/stream-core'
import type { JobServer, ServedJob } from '../src/index.ts'

export interface Reply {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: string
}

/** Asks the server; unlike `fetch`, under any Host. */
export function ask(
  server: JobServer,
  path: string,
  options: { readonly host?: string; readonly method?: string } = {},
): Promise<Reply> {
  const { host = `localhost:${server.port}`, method = 'GET' } = options
  return new Promise((resolve, reject) => {
    const asked = request(
      { port: server.port, host: '127.0.0.1', path, method, headers: { host }, agent: false },
      reply => {
        let body = ''
        reply.setEncoding('utf8')
        reply.on('data', part => {
          body += part
        })
        reply.on('end', () => resolve({ status: reply.statusCode ?? 0, headers: reply.headers, body }))
      },
    )
    asked.on('error', reject)
    asked.end()
  })
}

/** A job in a given state, that ends when told to. */
export function jobIn(state: JobState, metrics: Partial<JobMetrics> = {}): ServedJob & { end(): void; fail(): void } {
  let end = () => {}
  let fail = () => {}
  const done = new Promise<void>((resolve, reject) => {
    end = resolve
    fail = () => reject(new Error('the job failed'))
  })
  done.catch(() => {})
  return {
    name: 'test',
    done,
    metrics: () => ({ ...noMetrics, state, ...metrics }),
    plan: () => noPlan,
    end: () => end(),
    fail: () => fail(),
  }
}

const noPlan: PlanDescription = {
  job: 'test',
  steps: [],
  tasks: { mode: 'single', reason: 'there is nothing to do' },
  sharing: { possible: false, reason: 'there is nothing to share' },
  stages: [],
  guarantee: { level: 'exactly-once', sinks: [], calls: [] },
}

export const noMetrics: JobMetrics = {
  job: 'test',
  state: 'running',
  startedAt: 1_700_000_000_000,
  restarts: 0,
  failures: { byCode: {}, last: [] },
  sources: [],
  operators: [],
  sinks: [],
  checkpoints: {
    completed: 0,
    failed: 0,
    fenced: 0,
    inProgress: false,
    lastPauseMs: undefined,
    lastDurationMs: undefined,
    lastStateBytes: undefined,
    lastFull: undefined,
    lastCompletedAt: undefined,
  },
}
