import { storeContract } from '@rtp/stream-testing'
import { describe, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../database.ts'

interface Place {
  readonly database: TestDatabase
  store(): ReturnType<TestDatabase['db']['checkpoints']>
}

describe('keeps the rules of every checkpoint store', () => {
  const cases = storeContract<Place>({
    shared: true,
    async create() {
      const database = await testDatabase()
      return { database, store: () => database.db.checkpoints() }
    },
    async corrupt({ database }, job) {
      await database.sql('UPDATE rtp.checkpoint_tasks SET positions = left(positions, 5) WHERE job = $1', [job])
    },
    async makeNewer({ database }) {
      await database.sql("INSERT INTO rtp.migrations (set_name, id, checksum) VALUES ('checkpoints', '999-later', '')")
    },
  })
  for (const { name, run } of cases) test(name, run)
})
