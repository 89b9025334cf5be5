import { describe, expect, it } from 'vitest'
import { pipeline, run, toArray } from '../../src/index.ts'

describe('a call of mapAsync that fails', () => {
  it('stops the job also while the source is silent', async () => {
    let end: () => void = () => {}
    const silence = new Promise<void>(resolve => {
      end = resolve
    })
    async function* source() {
      yield 1
      await silence
    }
    const job = pipeline('silent')
    job
      .from(source())
      .mapAsync(async () => {
        throw new Error('no such thing')
      })
      .sink(toArray<never>([]))
    const running = run(job, { checkpoint: { intervalMs: 5 } })
    await expect(running.done).rejects.toMatchObject({ code: 'USER_FUNCTION_FAILED', place: { offset: 0 } })
    end()
  })
})
