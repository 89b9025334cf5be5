import { readFileSync } from 'node:fs'

/** The version of this package; 'unknown' where it was bundled into another. */
export function packageVersion(): string {
  try {
    const found: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
    const { name, version } = found as { readonly name?: unknown; readonly version?: unknown }
    return name === '@rtp/job-server' && typeof version === 'string' ? version : 'unknown'
  } catch {
    return 'unknown'
  }
}
