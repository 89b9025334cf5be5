import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const POM = fileURLToPath(new URL('../apache-kafka/pom.xml', import.meta.url))
const FETCH_TIMEOUT_MS = 5 * 60_000

/** Kafka's jars, fetched with Maven into the user's cache once, and the version that the pom names. */
export interface KafkaJars {
  readonly folder: string
  readonly version: string
}

/** Finds the jars in the cache or fetches them: 54 MB, about a minute. */
export async function kafkaJars(): Promise<KafkaJars> {
  const pom = await readFile(POM, 'utf8')
  const version = /<kafka\.version>(.+?)<\/kafka\.version>/.exec(pom)?.[1] ?? 'unknown'
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'rtp-test-servers')
  const folder = join(cache, `apache-kafka-${version}-${createHash('sha256').update(pom).digest('hex').slice(0, 12)}`)
  if (await isFilled(folder)) return { folder, version }
  await mkdir(cache, { recursive: true })
  // Fetched aside and renamed, so that neither an interruption nor a second process leaves half a set.
  const partial = await mkdtemp(`${folder}.`)
  try {
    const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${partial}`]
    await promisify(execFile)('mvn', ['-q', '-B', '-f', POM, ...goal], { timeout: FETCH_TIMEOUT_MS })
    await rename(partial, folder).catch(async error => {
      if (!(await isFilled(folder))) throw error
    })
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
  return { folder, version }
}

async function isFilled(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch(() => [])
  return names.some(name => name.endsWith('.jar'))
}
