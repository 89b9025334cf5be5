import { nearestName, StreamError } from '@rtp/stream-core/extend'
import type { ColumnMap } from '../config/pipeline-config.ts'

/** Reads `sensor_id=Phone,value=Rating,event_time=Time_GMT`: our name, then the header's. What it leaves out keeps its name. */
export function parseColumns(map: string): Partial<ColumnMap> {
  const columns: { [field: string]: string } = {}
  for (const pair of map.split(',')) {
    const at = pair.indexOf('=')
    const field = pair.slice(0, Math.max(at, 0)).trim()
    const header = pair.slice(at + 1).trim()
    if (at < 0 || header === '') throw invalid(`"${pair}" is not of the form field=Header`)
    if (!FIELDS.includes(field)) {
      const nearest = nearestName(field, FIELDS)
      throw invalid(`there is no field "${field}"${nearest === undefined ? '' : `; did you mean ${nearest}?`}`)
    }
    if (Object.hasOwn(columns, field)) throw invalid(`${field} is given twice`)
    columns[field] = header
  }
  return columns
}

const FIELDS = ['sensor_id', 'value', 'event_time']

function invalid(what: string): StreamError {
  return new StreamError(
    'USAGE',
    `--columns (CSV_COLUMNS): ${what}. Give e.g. sensor_id=Phone,value=Rating,event_time=Time_GMT.`,
  )
}
