import { describe, expect, it } from 'vitest'
import { isAllowedHost } from '../src/allowed-hosts.ts'

describe('isAllowedHost', () => {
  it('refuses a header that is missing, empty or no host', () => {
    for (const header of [
      undefined,
      '',
      ':8083',
      'localhost:port',
      'localhost/',
      'user@localhost',
      'localhost, evil',
      '[::1',
    ]) {
      expect([header, isAllowedHost(header, ['job'])]).toEqual([header, false])
    }
  })

  it('takes a name as a whole: neither a part nor more of an allowed one', () => {
    for (const header of ['job', 'JOB:80']) expect([header, isAllowedHost(header, ['job'])]).toEqual([header, true])
    for (const header of ['ajob', 'job.example', 'jo']) {
      expect([header, isAllowedHost(header, ['job'])]).toEqual([header, false])
    }
  })
})
