import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { readReports } from './test-reports.mjs'
import { build, ROOT, turboCommand, turboEnvironment } from './turbo.mjs'

/**
 * Builds, starts the test servers once, runs the tests of every package and prints `N passed, N failed, N skipped` at the end.
 * Arguments go to turbo: `pnpm test --filter=@rtp/kafka`.
 */
const turboArguments = process.argv.slice(2)
// Packages are tested one after the other: integration tests share two cores with their brokers and databases.
const CONCURRENCY = '--concurrency=1'

// A run of some packages only needs what starts the servers; the tests themselves run on sources.
build(...(turboArguments.length > 0 ? ['@rtp/test-servers'] : []))
const servers = await startServers()
const reports = mkdtempSync(join(tmpdir(), 'rtp-test-reports-'))
try {
  const [program, turbo] = turboCommand()
  const args = [
    turbo,
    'run',
    'test',
    'test:workspace',
    '--continue',
    CONCURRENCY,
    '--output-logs=full',
    ...turboArguments,
  ]
  const env = { ...turboEnvironment(), ...servers.environment, RTP_TEST_REPORTS: reports }
  const code = await exitCode(spawn(program, args, { cwd: ROOT, env, stdio: 'inherit' }))
  const { passed, failed, skipped } = readReports(reports, { wantAll: turboArguments.length === 0 })
  for (const test of skipped) console.log(`skipped: ${test}`)
  if (code !== 0 && failed === 0) console.log(`The tests ended with code ${code} although none failed: see above.`)
  console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped`)
  process.exitCode = code !== 0 || failed > 0 ? code || 1 : 0
} finally {
  rmSync(reports, { recursive: true, force: true })
  await servers.stop()
}

/** Starts a real broker and a database; what cannot be had is handed on as a reason. */
async function startServers() {
  const entry = join(ROOT, 'packages/test-servers/dist/index.js')
  const { formatBroker, postgres, realKafka } = await import(pathToFileURL(entry).href)
  const [kafka, database] = await Promise.all([realKafka(), postgres()])
  console.log(
    `Test servers: ${kafka.skipped ? 'no real Kafka broker' : kafka.name}, PostgreSQL ${database.version} (${database.kind})`,
  )
  return {
    environment: { RTP_TEST_KAFKA: formatBroker(kafka), RTP_TEST_POSTGRES: database.url },
    stop: async () => {
      await database.stop()
      if (!kafka.skipped) await kafka.stop()
    },
  }
}

/** The exit code of a child; signals that reach this process are passed on to it. */
async function exitCode(child) {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(code ?? (signal ? 1 : 0)))
  })
}
