import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { makeReport, writeReport } from '../../src/output/report.ts'
import { describeRun, restartLines } from '../../src/output/summary.ts'

const produce = {
  rowsRead: 1000,
  produced: 990,
  deadLettered: 10,
  complete: true,
  seconds: 2,
  cpuSeconds: 1.23456,
  peakRssMb: 80.04,
}
const job = {
  consumed: 990,
  rawRows: 990,
  aggregatesWritten: 30,
  deadLettered: 0,
  lateRecords: 0,
  checkpoints: 3,
  restarts: 0,
  lastFailure: undefined,
  guarantee: 'exactly-once',
  seconds: 4,
  cpuSeconds: 2,
  peakRssMb: 120,
}
const verify = {
  verified: true,
  rows: 1000,
  badRows: 10,
  rawRows: 990,
  aggregateRows: 30,
  deadLetters: 0,
  lateRecords: 0,
  differences: { missingRows: 0, extraRows: 0, wrongAggregates: 0, missingAggregates: 0, extraAggregates: 0 },
  findings: [],
  seconds: 0.5,
}

test('has every field of the contract', () => {
  const kafka = { kind: 'embedded', brokers: ['127.0.0.1:1'] } as const
  const postgres = { kind: 'external', version: '18.4' } as const
  expect(makeReport({ totalSeconds: 7.12345, generateSeconds: 0.1, produce, job, verify, kafka, postgres })).toEqual({
    rowsRead: 1000,
    produced: 990,
    deadLettered: { producer: 10, job: 0 },
    consumed: 990,
    rawRows: 990,
    aggregateRows: 30,
    lateRecords: 0,
    verified: true,
    differences: verify.differences,
    seconds: { total: 7.123, generate: 0.1, produce: 2, job: 4, verify: 0.5 },
    rowsPerSecond: { produce: 500, job: 248 },
    cpuSeconds: { produce: 1.235, job: 2 },
    peakRssMb: { produce: 80, job: 120 },
    kafka,
    postgres,
    guarantee: 'exactly-once',
  })
})

test('has null for what was not measured', () => {
  expect(makeReport({ totalSeconds: 1, verify })).toMatchObject({
    produced: null,
    consumed: null,
    verified: true,
    seconds: { produce: null, job: null },
    kafka: null,
  })
})

test('is written whole, and a place that cannot be written to is an error', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'report-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await writeReport(join(folder, 'report.json'), makeReport({ totalSeconds: 1 }))
  expect(JSON.parse(await readFile(join(folder, 'report.json'), 'utf8'))).toMatchObject({ seconds: { total: 1 } })
  expect(await readdir(folder)).toEqual(['report.json'])
  await expect(writeReport(join(folder, 'none', 'report.json'), makeReport({ totalSeconds: 1 }))).rejects.toThrow(
    /REPORT_UNWRITABLE/,
  )
})

test('a summary names the rows of every stage, the guarantee, and where to look', () => {
  const text = describeRun({
    produce,
    job,
    verify,
    totalSeconds: 7,
    topic: 'telemetry.v0',
    brokers: ['b:9092'],
    database: 'postgres://me@h:5432/d',
    embedded: { kafka: false, postgres: false },
    minutes: [],
  })
  for (const part of [
    '1,000 rows',
    '990 messages on telemetry.v0, 10 bad rows on telemetry.v0.dead',
    'exactly-once',
    'VERIFIED: 1,000 rows',
    'psql postgres://me@h:5432/d',
    'kcat -b b:9092',
  ]) {
    expect(text).toContain(part)
  }
})

test('a job that restarted says how often, and what it last failed of; one that did not says nothing of it', () => {
  expect(restartLines(job)).toEqual([])
  const lastFailure = {
    at: Date.UTC(2026, 0, 2, 3, 4, 5),
    code: 'POSTGRES_UNAVAILABLE',
    message: 'POSTGRES_UNAVAILABLE: the server is starting up.',
    place: {},
    retryable: true,
    restartInMs: 200,
  }
  expect(restartLines({ restarts: 1_234, lastFailure })).toEqual([
    'restarts       1,234 from the last checkpoint; last at 2026-01-02T03:04:05.000Z: POSTGRES_UNAVAILABLE: the server is starting up.',
  ])
})
