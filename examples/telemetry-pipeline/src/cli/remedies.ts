/** The message of an error with what its remedy is in this program, where the message speaks of the library that it comes from. */
export function withRemedy(message: string): string {
  const [, code = ''] = /^([A-Z][A-Z0-9_]+): /.exec(message) ?? []
  const remedy = Object.hasOwn(REMEDIES, code) ? REMEDIES[code] : undefined
  return remedy === undefined ? message : `${message}\n  In this program: ${remedy}`
}

const COLUMNS =
  '--columns sensor_id=...,value=...,event_time=... says how the columns are called, csv.delimiter in the --config file what stands between them.'
const BEGIN_ANEW =
  '`drop schema telemetry, telemetry_job cascade` in the database makes the next job begin anew at the start of the topic.'
const OTHER_TOPIC = `name another --topic, whose job has positions of its own; or ${BEGIN_ANEW}`

const REMEDIES: { readonly [code: string]: string } = {
  CSV_COLUMN_MISSING: COLUMNS,
  CSV_HEADER_INVALID: COLUMNS,
  CSV_FILE_EMPTY: 'the first line of a CSV has to name its columns; name another file with --input.',
  POSTGRES_TABLE_MISSING: `the job makes its tables once, so this one was dropped or renamed later. Restore it from a backup; or ${BEGIN_ANEW}`,
  KAFKA_OFFSET_OUT_OF_RANGE: OTHER_TOPIC,
  KAFKA_TOPIC_REPLACED: OTHER_TOPIC,
  SOURCE_REPLACED: OTHER_TOPIC,
}
