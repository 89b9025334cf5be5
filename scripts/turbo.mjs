import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the workspace. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url))

const require = createRequire(import.meta.url)

/** The program and first arguments that run turbo without a shell. */
export function turboCommand() {
  return [process.execPath, join(dirname(require.resolve('turbo/package.json')), 'bin', 'turbo')]
}

/** Builds packages (turbo filters; all when none) without declarations. Silent unless it fails: then prints what failed and ends this process. */
export function build(...filters) {
  runSilently(['build'], filters)
}

/** Builds what is published: programs and declarations. */
export function buildForPublication(...filters) {
  runSilently(['build', 'build:types'], filters)
}

function runSilently(tasks, filters) {
  const [program, turbo] = turboCommand()
  const args = [turbo, 'run', ...tasks, '--output-logs=errors-only', ...filters.map(filter => `--filter=${filter}`)]
  const { status, stdout, stderr, signal } = spawnSync(program, args, {
    cwd: ROOT,
    encoding: 'utf8',
    env: turboEnvironment(),
  })
  if (status === 0) return
  process.stderr.write(`${stdout}${stderr}`)
  process.stderr.write(`The build failed${signal ? ` (${signal})` : ''}.\n`)
  process.exit(status ?? 1)
}

/** Turbo without its notices. */
export function turboEnvironment() {
  return { ...process.env, TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1' }
}
