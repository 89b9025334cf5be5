import { createServer } from 'node:net'
import { boundedOutOfOrderness, count, pipeline, run, StreamError, toArray } from '@rtp/stream-core'
import { afterEach, describe, expect, it } from 'vitest'
import { type JobServer, type JobServerOptions, type ServedJob, serveJob } from '../src/index.ts'
import { ask, jobIn } from './requests.ts'

const open: JobServer[] = []

afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

async function serve(job: ServedJob, options: JobServerOptions = {}): Promise<JobServer> {
  const server = await serveJob(job, { port: 0, ...options })
  open.push(server)
  return server
}

describe('serveJob', () => {
  it('answers for a real job, and closes with it', async () => {
    let release = () => {}
    const released = new Promise<void>(resolve => {
      release = resolve
    })
    async function* readings() {
      yield* [1_000, 2_000, 61_000]
      await released
    }
    const definition = pipeline('readings')
    definition
      .from(readings())
      .withEventTime(at => at, boundedOutOfOrderness(0))
      .keyBy(() => 'all')
      .tumblingWindow(60_000, { name: 'per-minute' })
      .aggregate({ n: count() })
      .sink(toArray<unknown>([]))
    const job = run(definition)
    const server = await serve(job)
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`)
    await expect.poll(async () => (await ask(server, '/metrics')).body).toMatch(/^rtp_source_records_total\{.*\} 3$/m)
    expect(await ask(server, '/readyz')).toMatchObject({
      status: 200,
      body: '{"status":"ready","job":"readings","state":"running"}\n',
    })
    const { body } = await ask(server, '/metrics')
    expect(body).toMatch(/^rtp_job_state\{job="readings",state="running"\} 1$/m)
    expect(body).toMatch(/^rtp_operator_records_in_total\{job="readings",operator="per-minute",subtask="0"\} 3$/m)
    release()
    await job.done
    await expect.poll(() => ask(server, '/healthz').catch(() => 'closed')).toBe('closed')
  })

  it('is healthy until the job has failed, and ready only while it runs', async () => {
    const states = ['starting', 'running', 'restarting', 'stopping', 'finished', 'stopped', 'failed'] as const
    const answers: unknown[] = []
    for (const state of states) {
      const server = await serve(jobIn(state))
      answers.push([state, (await ask(server, '/healthz')).status, (await ask(server, '/readyz')).status])
    }
    expect(answers).toEqual([
      ['starting', 200, 503],
      ['running', 200, 200],
      ['restarting', 200, 503],
      ['stopping', 200, 503],
      ['finished', 200, 503],
      ['stopped', 200, 503],
      ['failed', 503, 503],
    ])
  })

  it('tells what a job failed of that restarts again and again, and what its sinks are guaranteed', async () => {
    let fail = true
    const definition = pipeline('shaky')
    definition
      .from({
        name: 'shaky source',
        bounded: true,
        open: async () => {
          if (fail) throw new StreamError('LINE_BUSY', 'the line is busy. Wait.', { retryable: true })
          return { partitions: [], read: () => Promise.reject(new Error('nothing to read')), close: async () => {} }
        },
      })
      .sink(toArray<unknown>([]))
    const job = run(definition, { restart: { initialDelayMs: 1, maxDelayMs: 1 } })
    const server = await serve(job)
    await expect
      .poll(async () => (await ask(server, '/metrics')).body)
      .toMatch(/^rtp_job_failures_total\{job="shaky",code="LINE_BUSY"\} [1-9]/m)
    const { status, body } = await ask(server, '/healthz')
    expect(status).toBe(200)
    expect(JSON.parse(body)).toMatchObject({
      status: 'ok',
      restarts: expect.any(Number),
      lastFailure: {
        code: 'LINE_BUSY',
        message: 'LINE_BUSY: the line is busy. Wait.',
        at: expect.stringMatching(/^20\d\d-/),
        place: {},
      },
    })
    const { guarantee } = JSON.parse((await ask(server, '/plan')).body)
    expect(guarantee).toMatchObject({ level: 'none', sinks: [{ reason: expect.stringContaining('kept in memory') }] })
    fail = false
    await job.done
  })

  it('answers under known names and addresses only, whatever the path', async () => {
    const server = await serve(jobIn('running'), { allowedHosts: ['Job.internal'] })
    const status = async (host: string) => (await ask(server, '/healthz', { host })).status
    for (const host of ['localhost', 'LOCALHOST:8083', '127.0.0.1:1', '[::1]:80', '10.1.2.3', 'job.internal:8083']) {
      expect([host, await status(host)]).toEqual([host, 200])
    }
    for (const host of [
      'evil.example',
      'localhost.evil.example',
      'evil.example:8083',
      'a@localhost',
      '127.0.0.1.nip.io',
    ]) {
      expect([host, await status(host)]).toEqual([host, 403])
    }
    expect((await ask(server, '/nothing', { host: 'evil.example' })).status).toBe(403)
  })

  it('lets no other site read it, and tells browsers to show nothing but text', async () => {
    const { headers } = await ask(await serve(jobIn('running')), '/metrics')
    expect(Object.keys(headers).filter(name => name.startsWith('access-control'))).toEqual([])
    expect(headers).toMatchObject({
      'content-type': 'text/plain; version=0.0.4; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
    })
  })

  it('answers GET and HEAD, and says what it has where there is nothing', async () => {
    const server = await serve(jobIn('running'))
    expect(await ask(server, '/healthz', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' })
    expect((await ask(server, '/healthz?verbose')).status).toBe(200)
    for (const method of ['POST', 'OPTIONS', 'DELETE']) {
      expect(await ask(server, '/healthz', { method })).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } })
    }
    const missing = await ask(server, '/')
    expect(missing.status).toBe(404)
    expect(JSON.parse(missing.body)).toMatchObject({ paths: ['/healthz', '/readyz', '/metrics', '/plan'] })
  })

  it('says what to do when the port is taken, or none', async () => {
    const other = createServer()
    await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as { port: number }
    await expect(serveJob(jobIn('running'), { port })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringContaining(`port ${port} on 127.0.0.1`),
    })
    await new Promise(resolve => other.close(resolve))
    await expect(serveJob(jobIn('running'), { port: 70_000 })).rejects.toMatchObject({ code: 'PORT_INVALID' })
    await expect(serveJob(jobIn('running'), { port: 0, host: 'no.such.name.invalid' })).rejects.toMatchObject({
      code: 'SERVER_FAILED',
    })
  })

  it('closes when the job ends, well or not, and only once', async () => {
    for (const end of ['end', 'fail'] as const) {
      const job = jobIn('running')
      const server = await serve(job)
      expect((await ask(server, '/healthz')).status).toBe(200)
      job[end]()
      await expect.poll(() => ask(server, '/healthz').catch(() => 'closed')).toBe('closed')
      await server.close()
    }
  })

  it('closes although a client keeps its connection open', async () => {
    const server = await serve(jobIn('running'))
    const kept = await fetch(`${server.url}/healthz`)
    await kept.text()
    await server.close()
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow()
  })
})
