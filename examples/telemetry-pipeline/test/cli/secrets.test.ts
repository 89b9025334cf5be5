import { expect, test } from 'vitest'
import { parseCommandLine } from '../../src/cli/parse-command-line.ts'
import { databaseName, withoutSecrets } from '../../src/cli/secrets.ts'
import { readSettings } from '../../src/cli/settings.ts'

const settings = (url: string) =>
  readSettings(parseCommandLine(['verify', '--postgres', url, '--pseudonym-key', 'the secret key']), {})

test('hides passwords and keys wherever they turn up, decoded or not', () => {
  const text = 'postgres://me:p%40ssword1@h/d failed: p@ssword1, the secret key, from-the-environment'
  expect(withoutSecrets(text, settings('postgres://me:p%40ssword1@h/d'), { PGPASSWORD: 'from-the-environment' })).toBe(
    'postgres://me:***@h/d failed: ***, ***, ***',
  )
})

test('hides the password of an address before anything else is known', () => {
  expect(withoutSecrets('postgresql://a:b@c/d', undefined, {})).toBe('postgresql://a:***@c/d')
})

test('names a database without its password and options', () => {
  expect(databaseName('postgres://me:secret@h:5433/d?sslmode=verify-full', {})).toBe('postgres://me@h:5433/d')
  expect(databaseName(undefined, { PGHOST: 'db', PGUSER: 'me', PGDATABASE: 'd', PGPASSWORD: 'x' })).toBe(
    'postgres://me@db:5432/d',
  )
})
