import { execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

/**
 * Runs a command with another version of Node, fetched from npm into the user's cache.
 *
 * `node scripts/try-node.mjs 22 npx -y pnpm@10 test`
 */
const [version, program, ...args] = process.argv.slice(2)
if (!version || !program) {
  console.error('Usage: node scripts/try-node.mjs VERSION COMMAND [ARGUMENTS]')
  process.exit(2)
}

const name = `node-${process.platform}-${process.arch}`
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'rtp-try-node', version)
const bin = join(cache, 'node_modules', name, 'bin')
if (!existsSync(join(bin, 'node'))) {
  execFileSync('npm', ['install', '--silent', '--no-save', '--prefix', cache, `${name}@${version}`], {
    stdio: 'inherit',
  })
}

const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` }
console.log(`Node ${execFileSync(join(bin, 'node'), ['--version'], { encoding: 'utf8' }).trim()}`)
const child = spawn(program, args, { env, stdio: 'inherit' })
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('error', error => {
  console.error(`${program}: ${error.message}`)
  process.exitCode = 127
})
child.on('exit', code => {
  process.exitCode = code ?? 1
})
