import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '@rtp/postgres-embedded'
import { givenServer, type Hurtable } from './hurtable.ts'

/** The PostgreSQL that `--postgres` asks for: `embedded`, or an address. */
export async function startDatabase(wanted: string): Promise<Hurtable> {
  if (wanted !== 'embedded') return givenServer('PostgreSQL', wanted)
  // Below the temporary folder of the system, where the unprivileged user of the server may enter.
  const parent = await mkdtemp(join(tmpdir(), 'rtp-chaos-postgres-'))
  await chmod(parent, 0o777)
  const dataDir = join(parent, 'data')
  let server = await startPostgres({ dataDir, settings: SETTINGS })
  const { url, port, version } = server
  return {
    name: `embedded PostgreSQL ${version}`,
    address: url,
    kill: () => server.kill(),
    async restart() {
      server = await startPostgres({ dataDir, port, settings: SETTINGS })
    },
    async stop() {
      await server.stop()
      await rm(parent, { recursive: true, force: true })
    },
  }
}

const SETTINGS = { max_connections: 100, shared_buffers: '256MB', max_wal_size: '2GB' }
