import { readFileSync } from 'node:fs'
import { messageOf, StreamError } from '@rtp/stream-core/extend'
import { checkConfig } from './check-config.ts'
import type { PipelineConfig } from './pipeline-config.ts'

/** Reads and checks a configuration file. Errors: `CONFIG_UNREADABLE`, `CONFIG_NOT_JSON`, `CONFIG_INVALID`. */
export function loadConfig(file: string): PipelineConfig {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new StreamError(
      'CONFIG_UNREADABLE',
      `${file} cannot be read: ${messageOf(cause)}. Name another one with --config.`,
      {
        cause,
      },
    )
  }
  let content: unknown
  try {
    content = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (cause) {
    throw new StreamError(
      'CONFIG_NOT_JSON',
      `${file} is not JSON: ${messageOf(cause)}. Comments and trailing commas are not allowed.`,
      {
        cause,
      },
    )
  }
  return checkConfig(content, file)
}
