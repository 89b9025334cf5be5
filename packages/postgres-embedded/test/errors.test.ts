import { expect, test } from 'vitest'
import { failureFromOutput } from '../src/errors.ts'

test.each([
  ['DISK_FULL', 'FATAL:  could not write lock file "postmaster.pid": No space left on device'],
  ['PORT_IN_USE', 'LOG:  could not bind IPv4 address "127.0.0.1": Address already in use'],
  ['PORT_IN_USE', 'LOG:  could not bind IPv4 address "127.0.0.1": Address in use'],
  ['DATA_DIR_OTHER_VERSION', 'FATAL:  database files are incompatible with server'],
  ['DATA_DIR_NOT_OWNED', 'FATAL:  data directory "/data" has wrong ownership'],
  ['START_FAILED', 'FATAL:  something new'],
])('names the cause %s of: %s', (code, output) => {
  const error = failureFromOutput('START_FAILED', output, '/data')
  expect(error).toMatchObject({ code, name: 'EmbeddedPostgresError', message: expect.stringContaining(output) })
})

test('shows the last lines only of a long output', () => {
  const output = Array.from({ length: 100 }, (_, line) => `line ${line}`).join('\n')
  expect(failureFromOutput('INIT_FAILED', output, '/data').message).not.toContain('line 80')
})
