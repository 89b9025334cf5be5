import { once } from 'node:events'
import { type MessagePort, Worker } from 'node:worker_threads'
import { messageOf } from '@rtp/stream-core/extend'
import type { ConformanceCase } from '../conformance-case.ts'
import { type CaseReport, runConformanceCase } from '../run-conformance-case.ts'

/** Real ms in which a case must end, whatever it does. */
const LIMIT_MS = 30_000
const MEMORY_MB = 1024

/**
 * Runs cases on a thread of their own: one that never ends, or takes all memory, fails alone, and a new thread goes on with the next. `program` is a
 * module that calls `serveCases` on a thread.
 */
export class IsolatedRuns {
  readonly #program: URL
  readonly #limitMs: number
  #worker: Worker | undefined

  constructor(program: URL, limitMs = LIMIT_MS) {
    this.#program = program
    this.#limitMs = limitMs
  }

  async run(testCase: ConformanceCase): Promise<CaseReport> {
    this.#worker ??= await this.#start()
    const worker = this.#worker
    const result = await this.#resultOf(worker, testCase)
    if (typeof result !== 'string') return result
    this.#worker = undefined
    await worker.terminate()
    return { id: testCase.id, status: 'failed', reason: result }
  }

  async close(): Promise<void> {
    await this.#worker?.terminate()
  }

  /** A thread that has loaded everything: how long that takes says nothing of a case. */
  async #start(): Promise<Worker> {
    const worker = new Worker(this.#program, { resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB } })
    await once(worker, 'message')
    return worker
  }

  /** Resolves with the report, or with why there is none and the thread is of no further use. */
  #resultOf(worker: Worker, testCase: ConformanceCase): Promise<CaseReport | string> {
    return new Promise(resolve => {
      const onMessage = (report: CaseReport) => settle(report)
      const onError = (cause: unknown) => settle(`it ended the thread: ${messageOf(cause)}`)
      const onExit = (code: number) => settle(`it ended the thread with exit code ${code}`)
      const onTimeout = () => settle(`it did not end within ${this.#limitMs} ms and was stopped`)
      const timer = setTimeout(onTimeout, this.#limitMs)
      const settle = (result: CaseReport | string) => {
        clearTimeout(timer)
        worker.off('message', onMessage).off('error', onError).off('exit', onExit)
        resolve(result)
      }
      worker.on('message', onMessage).on('error', onError).on('exit', onExit)
      worker.postMessage(testCase)
    })
  }
}

/** The thread's side: says that it is ready and runs what it is sent. */
export function serveCases(
  port: MessagePort,
  run: (testCase: ConformanceCase) => Promise<CaseReport> = runConformanceCase,
): void {
  port.on('message', (testCase: ConformanceCase) => {
    void run(testCase).then(report => port.postMessage(report))
  })
  port.postMessage('ready')
}
