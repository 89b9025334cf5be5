import { setTimeout as sleep } from 'node:timers/promises'
import { field, json, kafkaSink } from '@rtp/kafka'
import { type Job, pipeline, run } from '@rtp/stream-core'

interface Reading {
  readonly sensor_id: number
  readonly value: number
  readonly event_time: number
}

/** Sends readings of now to the topic, at a rate that can be changed, and remembers how many it sent of each minute. */
export class Feeder {
  /** Records a second. */
  rate = 0
  /** Records that were handed to the sink. */
  fed = 0
  /** Records by the start of their minute. */
  readonly perMinute = new Map<number, number>()
  readonly #job: Job
  #isStopped = false

  constructor(brokers: string, topic: string) {
    const definition = pipeline('soak-feeder')
    definition.from(this.#readings(), { name: 'readings' }).sink(
      kafkaSink<Reading>({
        brokers: brokers.split(','),
        topic,
        value: json({ sensor_id: field.integer(), value: field.number(), event_time: field.isoTime() }),
        key: reading => reading.sensor_id,
        timestamp: reading => reading.event_time,
      }),
      { name: 'topic' },
    )
    this.#job = run(definition)
  }

  /** Rejects when the topic could not be fed. */
  get done(): Promise<unknown> {
    return this.#job.done
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#job.done
  }

  async *#readings(): AsyncGenerator<Reading> {
    let before = performance.now()
    let due = 0
    while (!this.#isStopped) {
      const now = performance.now()
      // What could not be sent in a second is not made up for: the rate is a rate.
      due = Math.min(due + (this.rate * (now - before)) / 1_000, this.rate)
      before = now
      for (; due >= 1; due--) yield this.#next()
      await sleep(TICK_MS)
    }
  }

  #next(): Reading {
    const number = this.fed++
    const event_time = Date.now() - Math.floor(Math.random() * OUT_OF_ORDER_MS)
    const minute = event_time - (event_time % 60_000)
    this.perMinute.set(minute, (this.perMinute.get(minute) ?? 0) + 1)
    return { sensor_id: number % SENSORS, value: number % 1_000, event_time }
  }
}

const TICK_MS = 5
const SENSORS = 200
/** Less than the job waits for. */
const OUT_OF_ORDER_MS = 2_000
