import { execFileSync, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { buildForPublication, ROOT } from './turbo.mjs'
import { workspacePackages } from './workspace-packages.mjs'

/**
 * Checks what would be published: packs every public package, lints the archives, checks their types for ESM users, and loads every entry with
 * import() and require() from an installation that holds the archives only, with the dependencies that they declare.
 */
buildForPublication('./packages/*')
const packages = workspacePackages().filter(({ private: isPrivate }) => !isPrivate)
const work = mkdtempSync(join(tmpdir(), 'rtp-packages-'))
const problems = []
try {
  for (const pkg of packages) install(pkg)
  for (const pkg of packages) linkDependencies(pkg)
  for (const pkg of packages) await check(pkg)
} finally {
  rmSync(work, { recursive: true, force: true })
}
for (const problem of problems) console.error(problem)
console.log(`${packages.length} packages checked, ${problems.length} problems`)
process.exitCode = problems.length === 0 ? 0 : 1

/** Packs `pkg` as pnpm would publish it and unpacks it into a node_modules folder of its own. */
function install(pkg) {
  const archives = join(work, 'archives', pkg.name.replace('/', '-'))
  mkdirSync(archives, { recursive: true })
  const [program, ...first] = pnpmCommand()
  execFileSync(program, [...first, 'pack', '--pack-destination', archives], { cwd: pkg.folder, stdio: 'pipe' })
  pkg.archive = join(archives, readdirSync(archives)[0])
  pkg.installed = join(work, 'node_modules', pkg.name)
  mkdirSync(pkg.installed, { recursive: true })
  execFileSync('tar', ['-xzf', pkg.archive, '-C', pkg.installed, '--strip-components=1'])
  pkg.published = JSON.parse(readFileSync(join(pkg.installed, 'package.json'), 'utf8'))
}

/** Gives an installed package what it declares, and nothing else. Packages of this workspace are found one level up. */
function linkDependencies({ folder, installed, published }) {
  const optional = Object.entries(published.peerDependenciesMeta ?? {}).filter(([, meta]) => meta.optional)
  const left = new Set(optional.map(([name]) => name))
  for (const name of Object.keys({ ...published.dependencies, ...published.peerDependencies })) {
    if (left.has(name) || packages.some(pkg => pkg.name === name)) continue
    const link = join(installed, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(realpathSync(join(folder, 'node_modules', name)), link)
  }
}

async function check({ name, archive, installed, published }) {
  const complain = text => problems.push(`${name}: ${text}`)
  for (const file of ['LICENSE', 'README.md'])
    if (!existsSync(join(installed, file))) complain(`${file} is missing in the archive`)
  if (/"(workspace|link|file):/.test(JSON.stringify(published)))
    complain('package.json still points into the workspace')

  const { messages, pkg } = await publint({ pack: { tarball: arrayBufferOf(archive) }, strict: true })
  for (const message of messages) complain(`publint: ${formatMessage(message, pkg, { color: false })}`)

  const attw = spawnSync(process.execPath, [attwCommand(), archive, '--profile', 'esm-only', '--no-color'], {
    encoding: 'utf8',
  })
  if (attw.status !== 0) complain(`attw:\n${attw.stdout}${attw.stderr}`)

  for (const entry of Object.keys(published.exports)) {
    const id = JSON.stringify(join(name, entry))
    for (const code of [`await import(${id})`, `createRequire(process.cwd() + '/')(${id})`]) {
      const program = `import { createRequire } from 'node:module'\nconst loaded = ${code.replace('await import', 'await importOf')}
        function importOf(id) { return import(id, id.endsWith('.json') ? { with: { type: 'json' } } : undefined) }
        if (Object.keys(loaded).length === 0) throw new Error('exports nothing')`
      const args = ['--no-warnings', '--input-type=module', '--eval', program]
      const run = spawnSync(process.execPath, args, { cwd: work, encoding: 'utf8' })
      if (run.status !== 0) complain(`${code} fails:\n${run.stderr}`)
    }
  }
}

function arrayBufferOf(file) {
  const { buffer, byteOffset, length } = readFileSync(file)
  return buffer.slice(byteOffset, byteOffset + length)
}

function attwCommand() {
  const folder = join(ROOT, 'node_modules/@arethetypeswrong/cli')
  return join(folder, JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).bin.attw)
}

/** The pnpm that runs this script, which need not be on the path. */
function pnpmCommand() {
  const running = process.env.npm_execpath
  return running?.includes('pnpm') ? [process.execPath, running] : ['npx', '-y', 'pnpm@10']
}
