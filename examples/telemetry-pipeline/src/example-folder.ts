import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The example's own folder, found by its configuration file: the code runs from `src` in tests and from `dist` otherwise. */
export function exampleFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, CONFIG_FILE))) {
    const parent = dirname(folder)
    if (parent === folder) throw new Error(`${CONFIG_FILE} is missing: it lies beside the example's package.json`)
    folder = parent
  }
  return folder
}

/** The configuration that is used when no other is named. */
export function defaultConfigFile(): string {
  return join(exampleFolder(), CONFIG_FILE)
}

/** Where generated data is kept; git ignores it. */
export function dataFolder(): string {
  return join(exampleFolder(), '.data')
}

const CONFIG_FILE = 'pipeline.config.json'
