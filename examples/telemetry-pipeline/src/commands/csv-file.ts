import { access, constants } from 'node:fs/promises'
import { messageOf, StreamError } from '@rtp/stream-core/extend'
import type { CommandContext } from '../cli/program.ts'
import type { Settings } from '../cli/settings.ts'
import { dataFolder } from '../example-folder.ts'
import { count } from '../output/progress.ts'
import { sampleFile } from '../sample/sample-file.ts'

/** The settings with a CSV to read: the one that was named, else the generated sample. */
export async function csvFile(
  settings: Settings,
  context: CommandContext,
): Promise<{ readonly settings: Settings & { readonly input: string }; readonly generateSeconds: number }> {
  const { input, config } = settings
  if (input !== undefined) {
    await checkReadable(input)
    return { settings: { ...settings, input }, generateSeconds: 0 }
  }
  const startedAt = performance.now()
  const { path, made } = await sampleFile(dataFolder(), { rows: config.rows })
  context.say(`sample of ${count(config.rows)} rows ${made ? 'made' : 'used again'}: ${path}`)
  // The sample has its own header, whatever the columns of other files are called.
  const columns = { sensor_id: 'sensor_id', value: 'value', event_time: 'event_time' }
  const sampled = {
    ...config,
    columns,
    csv: { delimiter: ',' },
    eventTime: { ...config.eventTime, form: 'iso8601' as const },
  }
  return {
    settings: { ...settings, input: path, config: sampled },
    generateSeconds: (performance.now() - startedAt) / 1000,
  }
}

/** Before servers are started or waited for. Errors: `CSV_UNREADABLE`. */
async function checkReadable(input: string): Promise<void> {
  await access(input, constants.R_OK).catch(cause => {
    throw new StreamError(
      'CSV_UNREADABLE',
      `${input} cannot be read: ${messageOf(cause)}. Name the CSV with --input.`,
      { cause },
    )
  })
}
