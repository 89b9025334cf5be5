import { startBroker } from '@rtp/kafka-embedded'
import { messageOf, StreamError } from '@rtp/stream-core/extend'
import type { Settings } from '../cli/settings.ts'
import { textLogger } from '../output/console-logger.ts'
import { runJob } from '../stages/run-job.ts'
import { runProducer } from '../stages/run-producer.ts'
import type { ChildMessage, ParentMessage, Role, Roles } from './messages.ts'

/** What a child process does: the role that its parent names, until it is done or the parent is gone. */
export function childMain(): void {
  // Ctrl-C reaches every process of the terminal; the parent decides what is to end, and in which order.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => undefined)
  const control = new ChildControl()
  process.once('disconnect', () => control.abandon())
  process.on('message', (message: ParentMessage) => {
    if (message.type === 'stop') control.stop()
    else if (message.type === 'inputComplete') control.completeInput()
    else void work(message.role, message.settings, control)
  })
}

/** What a role hears from its parent. */
class ChildControl {
  readonly #stop = new AbortController()
  readonly #inputComplete = new AbortController()
  #cleanUp: () => Promise<void> = async () => undefined

  /** Aborted when the work is to be brought to an end. */
  get stopping(): AbortSignal {
    return this.#stop.signal
  }

  /** Aborted when the topic holds everything. */
  get inputComplete(): AbortSignal {
    return this.#inputComplete.signal
  }

  stop(): void {
    this.#stop.abort()
  }

  completeInput(): void {
    this.#inputComplete.abort()
  }

  /** What has to be done even when the parent has died. */
  onAbandoned(cleanUp: () => Promise<void>): void {
    this.#cleanUp = cleanUp
  }

  abandon(): void {
    this.#cleanUp().then(
      () => process.exit(1),
      () => process.exit(1),
    )
  }
}

async function work(role: Role, settings: Settings, control: ChildControl): Promise<void> {
  try {
    await tell({ type: 'done', result: await WORK[role](settings, control) })
  } catch (cause) {
    const code = cause instanceof StreamError ? cause.code : 'UNEXPECTED'
    await tell({ type: 'failed', code, message: messageOf(cause) })
    process.exitCode = 1
  }
  process.removeAllListeners('disconnect')
  process.disconnect?.()
}

type Work = { readonly [R in Role]: (settings: Settings, control: ChildControl) => Promise<Roles[R]> }

const WORK: Work = {
  async broker(_settings, control) {
    const broker = await startBroker({ onError: error => void tell({ type: 'say', line: messageOf(error) }) })
    control.onAbandoned(() => broker.stop())
    await tell({ type: 'ready', address: broker.address })
    await aborted(control.stopping)
    await broker.stop()
  },
  produce: (settings, control) => runProducer(settings, { ...listener(), stopping: control.stopping }),
  job: (settings, control) =>
    runJob(settings, { ...listener(), stopping: control.stopping, inputComplete: control.inputComplete }),
}

function listener() {
  const say = (line: string) => void tell({ type: 'say', line })
  return {
    logger: textLogger(say),
    say,
    onReady: () => void tell({ type: 'ready' }),
    onProgress: (rows: number, share: number | undefined) => void tell({ type: 'progress', rows, share }),
  }
}

/** Resolves when the message is on its way; a parent that is gone is noticed by the lost channel. */
function tell(message: ChildMessage): Promise<void> {
  return new Promise(resolve => {
    if (process.send === undefined || !process.connected) resolve()
    else process.send(message, undefined, undefined, () => resolve())
  })
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
