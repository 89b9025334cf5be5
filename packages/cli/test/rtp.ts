import { runCommand } from '../src/index.ts'

export interface Ran {
  readonly code: number
  readonly out: string
  readonly error: string
}

/** Runs the program in this process. */
export async function rtp(...args: readonly string[]): Promise<Ran> {
  const out: string[] = []
  const error: string[] = []
  const code = await runCommand(args, { out: text => void out.push(text), error: text => void error.push(text) })
  return { code, out: out.join('\n'), error: error.join('\n') }
}

/** What commands print with --json; each prints some of it. */
export interface Printed {
  readonly checkpoint: number
  readonly checkpoints: readonly { readonly checkpoint: number }[]
  readonly tasks: readonly { readonly operators: readonly { readonly operator: string }[] }[]
}

/** What a command that succeeds prints with --json. */
export async function json(...args: readonly string[]): Promise<Printed> {
  const { code, out, error } = await rtp(...args, '--json')
  if (code !== 0) throw new Error(error)
  return JSON.parse(out) as Printed
}
