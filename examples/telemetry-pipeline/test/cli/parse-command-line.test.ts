import { expect, test } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.ts'
import { commandHelp, programHelp } from '../../src/cli/help-text.ts'
import { parseCommandLine } from '../../src/cli/parse-command-line.ts'

const parse = (...args: string[]) => {
  const { command, options } = parseCommandLine(args)
  return { command: command.name, ...Object.fromEntries(options) }
}

test('runs everything when no command is named', () => {
  expect(parse()).toEqual({ command: 'run' })
  expect(parse('--rows', '20')).toEqual({ command: 'run', rows: '20' })
})

test('takes options before and behind the command, with a space or an equals sign, and a switch without a value', () => {
  expect(parse('--topic', 't', 'job', '--until-end', '--kafka=localhost:9092')).toEqual({
    command: 'job',
    topic: 't',
    'until-end': '',
    kafka: 'localhost:9092',
  })
})

test('takes the last of an option that is given twice', () => {
  expect(parse('--topic', 'a', '--topic', 'b')).toEqual({ command: 'run', topic: 'b' })
})

test('passes over the -- that a package manager leaves at the front', () => {
  expect(parse('--', 'verify', '--input', 'x.csv')).toEqual({ command: 'verify', input: 'x.csv' })
})

test.each([
  [['--row', '5'], 'there is no option --row; the nearest is --rows'],
  [['--partition', '5'], 'the nearest is --partitions'],
  [['--pesudonym-key', 'x'], 'the nearest is --pseudonym-key'],
  [['job', '--untilend'], 'the nearest is --until-end'],
  [['-x'], 'there is no option -x; there are --input, --rows'],
  [['verify', '--partition', '3'], 'the nearest is --partitions'],
  [['verify', '--xyzzy'], 'there are --input, --rows, --columns'],
  [['porduce'], 'there is no command "porduce"; the nearest is produce'],
  [['xyzzy-plugh'], 'there are run, produce, job, verify, serve'],
  [['produce', 'my.csv'], '"my.csv" does not belong there'],
  [['produce', '--until-end'], 'produce has no option --until-end; job can take it'],
  [['--topic'], '--topic needs a value: --topic NAME'],
  [['--topic', '--rows', '5'], '--topic needs a value'],
  [['--topic='], '--topic needs a value'],
  [['job', '--until-end=yes'], '--until-end takes no value'],
  [['--dashboard', '80', '--no-dashboard'], 'contradict each other'],
])('refuses %j and says what would be right', (args, message) => {
  expect(() => parseCommandLine(args)).toThrow(message)
  expect(() => parseCommandLine(args)).toThrow(/^USAGE: .*--help` lists what there is\.$/)
})

test.each(Object.values(COMMANDS))('describes every option of $name in its help', command => {
  const help = commandHelp(command)
  for (const option of command.options) expect(help).toContain(`--${option}`)
  for (const need of command.needs) expect(help).toMatch(new RegExp(`--${need} .*\\(needed\\)`))
})

test('lists every command in the help of the program', () => {
  for (const { name } of Object.values(COMMANDS)) expect(programHelp()).toMatch(new RegExp(`^  ${name} `, 'm'))
})
