import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { inject } from 'vitest'
import './provided.ts'

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** The program as a process of its own. */
export class Program {
  stdout = ''
  stderr = ''
  readonly ended: Promise<Ended>
  readonly #process: ChildProcess
  #waiters: { readonly pattern: RegExp; readonly resolve: () => void; readonly reject: (error: Error) => void }[] = []

  constructor(args: readonly string[], environment: Record<string, string> = {}) {
    const child = spawn(process.execPath, [inject('telemetryProgram'), ...args], {
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], PSEUDONYM_KEY: 'test key', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#process = child
    child.stdout.setEncoding('utf8').on('data', text => {
      this.stdout += text
      this.#look()
    })
    child.stderr.setEncoding('utf8').on('data', text => {
      this.stderr += text
      this.#look()
    })
    this.ended = once(child, 'close').then(([code, signal]) => {
      for (const { pattern, reject } of this.#waiters)
        reject(new Error(`ended before it printed ${pattern}:\n${this.stderr}`))
      return { code, signal, stdout: this.stdout, stderr: this.stderr }
    })
  }

  get pid(): number {
    return this.#process.pid!
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal)
  }

  /** Resolves when the program has printed something that matches. */
  printed(pattern: RegExp): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ pattern, resolve, reject })
      this.#look()
    })
  }

  #look(): void {
    this.#waiters = this.#waiters.filter(({ pattern, resolve }) => {
      const found = pattern.test(this.stdout) || pattern.test(this.stderr)
      if (found) resolve()
      return !found
    })
  }
}

/** Runs the program to its end. */
export function runProgram(args: readonly string[], environment: Record<string, string> = {}): Promise<Ended> {
  return new Program(args, environment).ended
}
