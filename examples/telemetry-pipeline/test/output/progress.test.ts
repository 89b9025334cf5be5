import { expect, test } from 'vitest'
import { Progress } from '../../src/output/progress.ts'

function fixture(isTTY: boolean, columns = 200) {
  let written = ''
  let now = 0
  const stream = { isTTY, columns, write: (text: string) => (written += text) }
  const progress = new Progress({ stream, now: () => now })
  return {
    progress,
    at: (ms: number) => {
      now = ms
    },
    take: () => {
      const text = written
      written = ''
      return text
    },
  }
}

test('writes one line every 5 s where there is no terminal, with rows, share, rate and time to go of every stage', () => {
  const { progress, at, take } = fixture(false)
  progress.update({ stage: 'produce', rows: 0, share: 0 })
  progress.update({ stage: 'job', rows: 0 })
  for (let ms = 100; ms < 5000; ms += 100) {
    at(ms)
    progress.update({ stage: 'produce', rows: ms * 100, share: ms / 20_000 })
  }
  expect(take()).toBe('')
  at(5000)
  progress.update({ stage: 'job', rows: 400_000 })
  expect(take()).toBe('produce 490,000 rows (24 %), 98,000 rows/s, ETA 16 s | job 400,000 rows, 80,000 rows/s\n')
})

test('writes one line over and over at a terminal, cut to its width', () => {
  const { progress, at, take } = fixture(true, 30)
  progress.update({ stage: 'produce', rows: 0, share: 0 })
  at(100)
  progress.update({ stage: 'produce', rows: 50_000, share: 0.5 })
  expect(take()).toBe('\r\u001b[2Kproduce 50,000 rows (50 %)...')
  at(150)
  progress.update({ stage: 'produce', rows: 60_000, share: 0.6 })
  expect(take()).toBe('')
})

test('lets other lines through without tearing its own, and leaves nothing behind', () => {
  const { progress, at, take } = fixture(true)
  progress.update({ stage: 'job', rows: 0 })
  at(100)
  progress.update({ stage: 'job', rows: 10 })
  take()
  progress.say('warning: x')
  expect(take()).toBe('\r\u001b[2Kwarning: x\n\r\u001b[2Kjob 10 rows, 100 rows/s')
  progress.finish('job')
  expect(take()).toBe('\r\u001b[2K')
})
