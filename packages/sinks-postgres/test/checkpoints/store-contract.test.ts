import { storeContract } from '@rtp/stream-testing'
import { describe, test } from 'vitest'
import { sharedDatabase } from '../database.ts'

const database = sharedDatabase()

let places = 0

describe('keeps the rules of every checkpoint store', () => {
  const cases = storeContract({
    shared: true,
    keeps: 3,
    async create() {
      const schema = `place_${places++}`
      return { schema, store: () => database().db.checkpoints({ schema }) }
    },
    async corrupt({ schema }, job) {
      await database().sql(`UPDATE ${schema}.checkpoint_tasks SET positions = left(positions, 5) WHERE job = $1`, [job])
    },
    async makeNewer({ schema }) {
      await database().sql(
        `INSERT INTO ${schema}.migrations (set_name, id, checksum) VALUES ('checkpoints', '999', '')`,
      )
    },
  })
  for (const { name, run } of cases) test(name, run)
})
