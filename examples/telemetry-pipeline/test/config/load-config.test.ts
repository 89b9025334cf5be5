import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkConfig } from '../../src/config/check-config.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { DEFAULT_CONFIG } from '../../src/config/pipeline-config.ts'
import { defaultConfigFile } from '../../src/example-folder.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'config-'))
})
afterAll(() => rm(folder, { recursive: true }))

test('ships a file that says every default in full', () => {
  expect(loadConfig(defaultConfigFile())).toEqual(DEFAULT_CONFIG)
})

test('fills in what a file leaves out, at every depth', () => {
  expect(checkConfig({ version: 1, window: { quietSeconds: 2 } }, 'c.json')).toEqual({
    ...DEFAULT_CONFIG,
    window: { ...DEFAULT_CONFIG.window, quietSeconds: 2 },
  })
})

test('names every fault of a file at once, by its path, and the nearest field to an unknown one', () => {
  const faulty = {
    topics: 'x',
    partitions: 0,
    window: { minuets: 1, quietSeconds: '10' },
    eventTime: { form: 'guess', earliest: 'long ago' },
    csv: [],
    rawPayload: 'none',
  }
  let message = ''
  try {
    checkConfig(faulty, 'c.json')
  } catch (error) {
    message = String(error)
  }
  for (const part of [
    'CONFIG_INVALID: c.json cannot be used',
    'topics is not known; did you mean topic?',
    'version is missing',
    'partitions must be a whole number from 1 to 10000',
    'window.minuets is not known; did you mean window.minutes?',
    'window.quietSeconds must be a number from 0.1 to 86400',
    'eventTime.form must be iso8601 or epoch-seconds or epoch-milliseconds',
    'eventTime.earliest must be a time in ISO 8601',
    'csv must be a JSON object',
    'rawPayload must be meta or full',
  ]) {
    expect(message).toContain(part)
  }
})

test.each([null, [], 1, 'x'])('refuses %j, which is no object', content => {
  expect(() => checkConfig(content, 'c.json')).toThrow('the file must be a JSON object')
})

test('refuses a version that it does not know', () => {
  expect(() => checkConfig({ version: 2 }, 'c.json')).toThrow('version must be 1')
})

test('names a file that is not there, and one that is not JSON', async () => {
  const file = join(folder, 'broken.json')
  await writeFile(file, '{"version": 1,}')
  expect(() => loadConfig(file)).toThrow(/CONFIG_NOT_JSON: .*broken\.json is not JSON/)
  expect(() => loadConfig(join(folder, 'none.json'))).toThrow(/CONFIG_UNREADABLE: .*--config/)
})
