import { type ChildProcess, spawn } from 'node:child_process'
import { expect, onTestFinished, test } from 'vitest'

test('a signal that arrives twice at once is seen once, and another signal besides', async () => {
  const { child, printed } = await listener()
  child.kill('SIGINT')
  await printed(/SIGINT/)
  child.kill('SIGINT')
  child.kill('SIGTERM')
  expect(await printed(/SIGTERM/)).toBe('ready\nSIGINT\nSIGTERM\n')
})

test('a signal that is sent again later is seen again', async () => {
  const { child, printed } = await listener()
  const sending = setInterval(() => child.kill('SIGINT'), 50)
  onTestFinished(() => clearInterval(sending))
  expect(await printed(/SIGINT\nSIGINT/)).toBe('ready\nSIGINT\nSIGINT\n')
})

/** A process that prints the signals that it sees. */
async function listener(): Promise<{ child: ChildProcess; printed: (text: RegExp) => Promise<string> }> {
  const module = new URL('../merge-repeated-signals.mjs', import.meta.url).href
  const program = `import { mergeRepeatedSignals } from '${module}'
    mergeRepeatedSignals()
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => console.log(signal))
    setInterval(() => {}, 1000)
    console.log('ready')`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  child.stdout.on('data', chunk => (output += chunk))
  const printed = async (text: RegExp) => {
    await expect.poll(() => output, { timeout: 20_000 }).toMatch(text)
    return output
  }
  await printed(/ready/)
  return { child, printed }
}
