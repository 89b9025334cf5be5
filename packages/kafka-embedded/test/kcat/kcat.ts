import { spawn, spawnSync } from 'node:child_process'
import { describe } from 'vitest'
import type { EmbeddedBroker } from '../../src/index.ts'

/** kcat is librdkafka's own client: what it can do with a broker, clients in other languages can. */
const isInstalled = spawnSync('kcat', ['-V']).status === 0
const isRequired = process.env['RTP_REQUIRE_REAL'] === '1'

/** A suite that needs kcat on the PATH; skipped with its reason when it is missing, and failing with RTP_REQUIRE_REAL=1. */
export function describeWithKcat(name: string, suite: () => void): void {
  if (isInstalled || isRequired) {
    describe(name, suite)
    return
  }
  console.warn(`SKIPPED "${name}": kcat is not on the PATH. Install it with "apt-get install -y kcat".`)
  describe.skip(name, suite)
}

/** Runs kcat with input lines and returns its output lines; fails with what it said on stderr. */
export function kcat(broker: EmbeddedBroker, args: string[], input?: string[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn('kcat', ['-b', broker.address, ...args])
    const output: Buffer[] = []
    const errors: Buffer[] = []
    child.stdout.on('data', chunk => output.push(chunk))
    child.stderr.on('data', chunk => errors.push(chunk))
    child.on('error', reject)
    child.on('close', code => {
      const text = Buffer.concat(output).toString()
      if (code === 0) resolve(text.split('\n').filter(line => line !== ''))
      else reject(new Error(`kcat ${args.join(' ')} ended with ${code}: ${Buffer.concat(errors)}`))
    })
    child.stdin.end(input === undefined ? '' : `${input.join('\n')}\n`)
  })
}
