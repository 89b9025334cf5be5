import { expect, test } from 'vitest'
import { runProgram } from './run-program.ts'

test.each(['run', 'produce', 'job', 'verify', 'serve'])(
  '%s --help prints its options on stdout and exits 0',
  async command => {
    const { code, stdout, stderr } = await runProgram([command, '--help'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain(`Usage: pnpm example:telemetry ${command} [OPTIONS]`)
    expect(stdout).toContain('--config FILE')
  },
)

test('--help alone lists the commands', async () => {
  const { code, stdout } = await runProgram(['--help'])
  expect(code).toBe(0)
  expect(stdout).toMatch(/^ {2}produce +CSV -> Kafka/m)
})

test('an unknown option ends with exit code 2 and names the nearest one', async () => {
  const { code, stdout, stderr } = await runProgram(['produce', '--kafak', 'x:1'])
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toContain('there is no option --kafak; the nearest is --kafka')
})

test('serve says that it is not offered, and what there is instead', async () => {
  const { code, stderr } = await runProgram(['serve'])
  expect(code).toBe(1)
  expect(stderr).toMatch(/NOT_OFFERED: .*until the dashboard is there.*`job`/)
})
