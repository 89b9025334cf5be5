import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { StreamError } from '../../../../src/index.ts'

/** Something bad that happens at one record. */
export interface Incident {
  readonly how: 'throws' | 'rejects' | 'exits' | 'takes all memory' | 'throws in the pipeline' | 'never returns'
  readonly partition: number
  readonly n: number
  /** How often it happens, over all lives of the thread. */
  readonly times: number
}

interface Here {
  readonly directory: string
  readonly index: number
  readonly partition: number
  readonly n: number
}

/** Lets the incident happen when this is its record and it has not happened often enough. */
export function meet(incident: Incident, here: Here): void {
  if (here.partition !== incident.partition || here.n !== incident.n) return
  const file = join(here.directory, 'incidents')
  appendFileSync(file, `${here.index}\n`)
  if (readFileSync(file, 'utf8').trim().split('\n').length > incident.times) return
  switch (incident.how) {
    case 'throws':
      setImmediate(() => {
        throw new StreamError('BROKEN', 'thrown where nobody catches')
      })
      return
    case 'rejects':
      void Promise.reject(new Error('rejected where nobody catches'))
      return
    case 'exits':
      process.exit(3)
      return
    case 'takes all memory': {
      const kept: number[][] = []
      for (;;) kept.push(new Array<number>(10_000).fill(kept.length))
    }
    case 'throws in the pipeline':
      throw new TypeError('not a good number')
    case 'never returns':
      appendFileSync(join(here.directory, 'hangs'), '')
      for (;;);
  }
}
