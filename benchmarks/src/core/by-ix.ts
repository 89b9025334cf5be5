import { from } from 'ix/asynciterable'
import { filter, map, tap } from 'ix/asynciterable/operators'
import { WindowByHand } from './by-hand.ts'
import { calibrate, isValid, type Reading } from './reading.ts'

/** `ix` for the stateless steps, the window by hand. The watermark is moved by every reading, as in the other contenders. */
export async function runByIx(readings: readonly Reading[]): Promise<string> {
  const windows = new WindowByHand()
  let behind: Reading | undefined
  const advance = (next: Reading | undefined): void => {
    if (behind !== undefined) windows.advance(behind.at)
    behind = next
  }
  const stream = from(readings).pipe(
    tap((reading: Reading) => advance(reading)),
    map(calibrate),
    filter(isValid),
  )
  for await (const { key, value, at } of stream) windows.add(key, value, at)
  advance(undefined)
  windows.close(Number.POSITIVE_INFINITY)
  return windows.result()
}
