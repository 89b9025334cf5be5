import type { Environment } from './read-variable.ts'
import type { Settings } from './settings.ts'

/** A text in which no password and no key can be read, wherever the text came from. */
export function withoutSecrets(text: string, settings: Settings | undefined, environment: Environment): string {
  const secrets = [settings?.pseudonymKey, environment['PGPASSWORD'], ...passwordsIn(settings?.database?.url)]
  let clean = text.replace(/(postgres(?:ql)?:\/\/[^\s:@/]*):[^\s@]*@/g, '$1:***@')
  for (const secret of secrets) {
    // A password such as "postgres" or "test" is a word of every other message: hiding it there would only tell what it is.
    if (secret !== undefined && secret.length >= 8 && !WORDS.includes(secret)) clean = clean.replaceAll(secret, '***')
  }
  return clean
}

const WORDS = ['postgres', 'postgresql', 'telemetry', 'password']

/** `postgres://user@host:port/database` of an address, without its password and options; of libpq variables, what they name. */
export function databaseName(url: string | undefined, environment: Environment): string {
  if (url === undefined) {
    const { PGUSER = '', PGHOST = 'localhost', PGPORT = '5432', PGDATABASE = '' } = environment
    return `postgres://${PGUSER}@${PGHOST}:${PGPORT}/${PGDATABASE}`
  }
  const { username, host, pathname } = new URL(url)
  return `postgres://${username === '' ? '' : `${username}@`}${host}${pathname}`
}

function passwordsIn(url: string | undefined): (string | undefined)[] {
  if (url === undefined) return []
  try {
    const { password, searchParams } = new URL(url)
    return [password, decodeURIComponent(password), searchParams.get('password') ?? undefined]
  } catch {
    return []
  }
}
