import { describe, expect, it } from 'vitest'
import { reachablePoints } from '../src/failpoints.ts'
import { dealFaults, faultName } from '../src/fault.ts'
import { readOptions } from '../src/options.ts'
import { Random } from '../src/random.ts'

function deal(args: readonly string[], points = reachablePoints(2, true)): string[] {
  const options = readOptions(args)!
  return dealFaults(options, points, new Random(options.seed)).map(faultName)
}

describe('faults of pnpm chaos', () => {
  it('are deaths at every point that can be reached, as often as asked for, in an order of the seed', () => {
    const counts = ['--kills', '3', '--pauses', '0', '--db-kills', '1', '--broker-kills', '0', '--failpoints', '4']
    const faults = deal([...counts, '--seed', '5'])
    const expected = [
      ...['kill', 'kill', 'kill', 'db-kill'],
      ...reachablePoints(2, true).flatMap(point => new Array<string>(4).fill(`death at ${point}`)),
    ]
    expect([...faults].sort()).toEqual(expected.sort())
    expect(faults).toEqual(deal([...counts, '--seed', '5']))
    expect(faults).not.toEqual(deal([...counts, '--seed', '6']))
  })

  it('are what they were where no points are asked for', () => {
    const faults = deal(['--kills', '2', '--pauses', '1', '--seed', '1'])
    expect([...faults].sort()).toEqual(['broker-kill', 'db-kill', 'db-kill', 'kill', 'kill', 'pause'])
  })

  it('leave out points that need another process, or a database that may be killed', () => {
    const all = reachablePoints(2, true)
    expect(all.filter(point => !reachablePoints(1, true).includes(point))).toEqual(['tasks-released'])
    expect(all.filter(point => !reachablePoints(2, false).includes(point))).toEqual(['attempt-failed'])
  })

  it.each([
    [['--failpoints', '-1'], '--failpoints takes a whole number of at least 0'],
    [['--failpoints'], '--failpoints needs a value'],
    [['--failpoint', '3'], 'the nearest is --failpoints'],
  ])('%s is refused', (args, message) => {
    expect(() => readOptions(args)).toThrow(message)
  })
})
