import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './turbo.mjs'

/** Every package of the workspace: its folder and what its package.json says. */
export function workspacePackages() {
  const folders = ['packages', 'examples'].flatMap(parent =>
    readdirSync(join(ROOT, parent)).map(name => join(ROOT, parent, name)),
  )
  return [...folders, join(ROOT, 'benchmarks')]
    .filter(folder => existsSync(join(folder, 'package.json')))
    .map(folder => ({ scripts: {}, ...JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')), folder }))
}
