import { postgres } from '@rtp/sinks-postgres'
import { fileCheckpointStore } from '@rtp/stream-core'
import { type CheckpointArchive, type CheckpointStore, StreamError } from '@rtp/stream-core/extend'
import type { StorePlace } from './command-line.ts'

/** The kept checkpoints at a place. Nothing is connected or made yet. */
export function archiveAt(place: StorePlace): CheckpointArchive {
  const { archive, name } = storeAt(place)
  if (archive === undefined) throw new StreamError('CHECKPOINT_FAILED', `${name} keep nothing to look at.`)
  return archive
}

function storeAt(place: StorePlace): CheckpointStore {
  // Retention is the job's business: this program removes nothing.
  if ('directory' in place) return fileCheckpointStore({ directory: place.directory, keep: Number.MAX_SAFE_INTEGER })
  const database = postgres({ url: place.postgres, applicationName: 'rtp checkpoint', reconnectTimeoutMs: 5_000 })
  return database.checkpoints(place.schema === undefined ? {} : { schema: place.schema })
}

/** The text without the password of the place's address, whoever put it there. */
export function withoutSecrets(text: string, place: StorePlace | undefined): string {
  if (place === undefined || 'directory' in place) return text
  const address = place.postgres
  const secrets = [/\/\/[^:/@]*:(.*)@/.exec(address)?.[1], /[?&]password=([^&]*)/.exec(address)?.[1]]
  let hidden = text
  for (const secret of secrets) {
    if (secret === undefined || secret === '') continue
    for (const form of [secret, decoded(secret)]) hidden = hidden.replaceAll(form, '***')
  }
  return hidden
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
