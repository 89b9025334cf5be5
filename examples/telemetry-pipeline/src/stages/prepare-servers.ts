import { StreamError } from '@rtp/stream-core'
import type { CommandContext } from '../cli/program.ts'
import type { Settings } from '../cli/settings.ts'
import { textLogger } from '../output/console-logger.ts'
import { count } from '../output/progress.ts'
import { JOB_SCHEMA, migrateTables } from '../tables/schema.ts'
import { databaseOf, openDatabase } from './database.ts'
import { withDatabaseFailures } from './database-failure.ts'
import { countMessages, prepareTopic, waitOptions } from './topics.ts'

/**
 * Waits for broker and database and makes topic and tables. `run` compares everything in them with one CSV, so what earlier runs left is
 * an error now instead of a failed verification later. Errors: `NOT_EMPTY`.
 */
export async function prepareServers(settings: Settings, context: CommandContext): Promise<void> {
  const { topic } = settings.config
  const logger = textLogger(context.say)
  const { client } = await openDatabase(settings, context)
  let rows = 0
  try {
    await migrateTables(databaseOf(settings))
    const found = await withDatabaseFailures('looking for rows of earlier runs', () =>
      client.query<{ rows: string }>(
        'select (select count(*) from telemetry.raw_events) + (select count(*) from telemetry.dead_letters) as rows',
      ),
    )
    rows = Number(found.rows[0]?.rows ?? 0)
  } finally {
    await client.end()
  }
  if (rows > 0) throw notEmpty(`the tables hold ${count(rows)} rows`, topic)
  await prepareTopic(settings, logger, context.stopping)
  const messages = await countMessages(settings, topic, waitOptions(settings, logger, context.stopping))
  if (messages > 0) throw notEmpty(`topic ${topic} holds ${count(messages)} messages`, topic)
}

function notEmpty(what: string, topic: string): StreamError {
  return new StreamError(
    'NOT_EMPTY',
    `${what} from before, and \`run\` verifies tables and topic against one CSV. Use another database and --topic, or clear them ` +
      `(drop schema telemetry, ${JOB_SCHEMA} cascade; delete the topics ${topic} and ${topic}.dead). \`produce\` and \`job\` add to what is there.`,
  )
}
