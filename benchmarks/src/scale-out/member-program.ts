import { isMainThread } from 'node:worker_threads'
import { defineThread, runInThreads } from '@rtp/stream-core/threads'
import { type ScaledSettings, startMember } from './scaled-job.ts'

/** What a process is asked to be: one member, or all of them in threads. */
export interface MemberProgram {
  readonly settings: ScaledSettings
  readonly member: number | 'threads'
}

export const thread = defineThread<ScaledSettings>(({ index, data }) => startMember(data, index))

// A program of its own; each member prints its times as it ends.
if (isMainThread) {
  const { settings, member } = JSON.parse(process.argv[2] ?? '') as MemberProgram
  const { done } =
    member === 'threads'
      ? runInThreads(new URL(import.meta.url), { threads: settings.lists.length, data: settings })
      : startMember(settings, member)
  await done
}
