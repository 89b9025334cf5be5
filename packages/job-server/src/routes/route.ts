import type { ServedJob } from '../served-job.ts'

/** One address of the server. */
export interface Route {
  readonly path: string
  answer(job: ServedJob): Answer
}

export interface Answer {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

export function json(status: number, value: unknown): Answer {
  return { status, contentType: 'application/json; charset=utf-8', body: `${JSON.stringify(value)}\n` }
}
