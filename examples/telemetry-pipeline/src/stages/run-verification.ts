import type { CommandContext } from '../cli/program.ts'
import type { Settings } from '../cli/settings.ts'
import type { SampleMinute } from '../output/summary.ts'
import { Pseudonymizer } from '../readings/pseudonym.ts'
import { type Verification, verifyTables } from '../verify/verify-tables.ts'
import { openDatabase, readLatestMinutes } from './database.ts'
import { withDatabaseFailures } from './database-failure.ts'
import { readTopicContent } from './topic-content.ts'

export interface Verified extends Verification {
  readonly seconds: number
  /** Version of the database server. */
  readonly version: string
  readonly latestMinutes: readonly SampleMinute[]
}

/** Compares the tables with the CSV, and with the topics where brokers are named. `expectedRows` is for the progress alone. */
export async function runVerification(
  settings: Settings & { readonly input: string },
  context: CommandContext,
  expectedRows?: number,
): Promise<Verified> {
  const startedAt = performance.now()
  const { config, input } = settings
  const { client, version } = await openDatabase(settings, context)
  try {
    const topic = settings.brokers === undefined ? undefined : await readTopicContent(settings, context)
    const pseudonymizer = new Pseudonymizer(settings.pseudonymKey)
    const onProgress = (rows: number) =>
      context.progress.update({
        stage: 'verify',
        rows,
        share: expectedRows === undefined ? undefined : rows / expectedRows,
      })
    const verification = await withDatabaseFailures('comparing the tables with the CSV', () =>
      verifyTables(client, { input, config, pseudonymizer, onProgress }, topic),
    )
    context.progress.finish('verify')
    const seconds = (performance.now() - startedAt) / 1000
    return { ...verification, seconds, version, latestMinutes: await readLatestMinutes(client) }
  } finally {
    await client.end()
  }
}
