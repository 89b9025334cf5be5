import { expect, test } from 'vitest'
import { forEachBroker } from '../src/vitest.ts'
import { answersKafka } from '../src/wire-probe.ts'

forEachBroker(broker => {
  test('answers at the address that the set-up handed over', async () => {
    expect(await answersKafka(broker.brokers[0] ?? '')).toBe(true)
  })
})
