import { spawn } from 'node:child_process'
import type { ServerUser } from './server-user.ts'

/** Runs a program to its end and hands back what it printed on both outputs. */
export async function runToEnd(
  program: string,
  args: readonly string[],
  user: ServerUser,
): Promise<{ code: number | null; output: string }> {
  return new Promise((done, fail) => {
    const child = spawn(program, args, {
      ...user.ids,
      cwd: '/',
      env: serverEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    const collect = (chunk: Buffer) => {
      output += chunk.toString('utf8')
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.on('error', fail)
    child.on('close', code => done({ code, output }))
  })
}

/** Messages in English (they are looked into), times in UTC, and none of the caller's own PG* settings. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('PG'))
  return { ...Object.fromEntries(inherited), LC_ALL: 'C', LANG: 'C', TZ: 'UTC' }
}
