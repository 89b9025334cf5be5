import { nearestName, StreamError } from '@rtp/stream-core/extend'
import { checkTopic, type FieldCheck, integer, number, oneOf, text } from './field-checks.ts'
import { DEFAULT_CONFIG, type PipelineConfig } from './pipeline-config.ts'

/** Checks a parsed configuration file and fills in what it leaves out. Names every fault by its path. */
export function checkConfig(content: unknown, file: string): PipelineConfig {
  const faults: string[] = []
  const config = merge(content, DEFAULT_CONFIG, CHECKS, '', faults)
  if (faults.length > 0) {
    const list = faults.map(fault => `  - ${fault}`).join('\n')
    throw new StreamError(
      'CONFIG_INVALID',
      `${file} cannot be used:\n${list}\n  Correct it, or take the shipped file as a pattern.`,
    )
  }
  return config as PipelineConfig
}

type Checks = { readonly [field: string]: FieldCheck | Checks }
type Tree = { readonly [field: string]: unknown }

const CHECKS: Checks = {
  version: value => (value === 1 ? undefined : 'must be 1, the only version that this program knows'),
  topic: checkTopic,
  partitions: integer(1, 10_000),
  rows: integer(1, 1_000_000_000),
  columns: { sensor_id: text(1, 200), value: text(1, 200), event_time: text(1, 200) },
  csv: { delimiter: value => (isDelimiter(value) ? undefined : 'must be one character other than quote and line end') },
  eventTime: {
    form: oneOf('iso8601', 'epoch-seconds', 'epoch-milliseconds'),
    earliest: value =>
      typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? undefined : 'must be a time in ISO 8601',
    futureHours: number(0, 24 * 36_525),
  },
  watermark: { outOfOrderSeconds: number(0, 86_400) },
  window: {
    minutes: integer(1, 1_440),
    allowedLatenessMinutes: number(0, 525_600),
    quietSeconds: number(0.1, 86_400),
  },
  rawPayload: oneOf('meta', 'full'),
  threads: integer(1, 256),
  checkpoint: { intervalMs: integer(10, 600_000), records: integer(1, 10_000_000) },
  group: { sessionTimeoutMs: integer(100, 1_800_000) },
  consumer: { fetchKb: integer(1, 65_536) },
  producer: { batchKb: integer(1, 900), lingerMs: integer(0, 10_000) },
  timeouts: { connectMs: integer(100, 600_000), answerMs: integer(100, 600_000) },
  startup: { waitSeconds: number(0, 86_400) },
  dashboard: { port: integer(0, 65_535), host: text(1, 255) },
}

function merge(given: unknown, defaults: unknown, checks: Checks, path: string, faults: string[]): unknown {
  if (!isTree(given)) {
    faults.push(`${path === '' ? 'the file' : path} must be a JSON object`)
    return defaults
  }
  for (const field of Object.keys(given)) {
    if (Object.hasOwn(checks, field) || (path === '' && field === '$schema')) continue
    const nearest = nearestName(field, Object.keys(checks))
    faults.push(
      `${join(path, field)} is not known${nearest === undefined ? '' : `; did you mean ${join(path, nearest)}?`}`,
    )
  }
  if (path === '' && !Object.hasOwn(given, 'version')) faults.push('version is missing; this program reads version 1')
  const merged: { [field: string]: unknown } = {}
  for (const [field, check] of Object.entries(checks)) {
    const value = given[field]
    const fallback = isTree(defaults) ? defaults[field] : undefined
    if (typeof check !== 'function') {
      merged[field] = value === undefined ? fallback : merge(value, fallback, check, join(path, field), faults)
      continue
    }
    const fault = value === undefined ? undefined : check(value)
    if (fault !== undefined) faults.push(`${join(path, field)} ${fault}`)
    merged[field] = value === undefined ? fallback : value
  }
  return merged
}

function join(path: string, field: string): string {
  return path === '' ? field : `${path}.${field}`
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isDelimiter(value: unknown): boolean {
  return typeof value === 'string' && [...value].length === 1 && !'"\r\n'.includes(value)
}
