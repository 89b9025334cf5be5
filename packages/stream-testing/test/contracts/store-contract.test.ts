import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileCheckpointStore, memoryCheckpointStore } from '@rtp/stream-core'
import type { CheckpointStore } from '@rtp/stream-core/extend'
import { describe, expect, it } from 'vitest'
import { memoryDatabase, type StoreContractOptions, type StorePlace, storeContract } from '../../src/index.ts'
import { plainStore, type StoreBug, storeBugs } from './plain-store.ts'

function always(store: CheckpointStore): StorePlace {
  return { store: () => store }
}

describe('the memory store', () => {
  for (const { name, run } of storeContract({
    create: async () => always(memoryCheckpointStore({ keep: 3 })),
    shared: true,
    keeps: 3,
  }))
    it(name, run)
})

describe('the memory database', () => {
  for (const { name, run } of storeContract({ create: async () => always(memoryDatabase().store), shared: true }))
    it(name, run)
})

interface Directory extends StorePlace {
  readonly path: string
}

const files: StoreContractOptions<Directory> = {
  shared: false,
  keeps: 3,
  async create() {
    const path = await mkdtemp(join(tmpdir(), 'rtp-contract-'))
    return {
      path,
      store: () => fileCheckpointStore({ directory: path }),
      dispose: () => rm(path, { recursive: true, force: true }),
    }
  },
  corrupt: ({ path }) => rewrite(path, bytes => bytes.fill(0, 60, 70)),
  makeNewer: ({ path }) => rewrite(path, bytes => bytes.writeUInt32BE(99, 8)),
}

async function rewrite(path: string, change: (bytes: Buffer) => void): Promise<void> {
  const all = await readdir(path, { recursive: true })
  const file = join(
    path,
    all
      .filter(name => name.endsWith('.bin'))
      .sort()
      .at(-1)!,
  )
  const bytes = await readFile(file)
  change(bytes)
  await writeFile(file, bytes)
}

describe('the file store', () => {
  for (const { name, run } of storeContract(files)) it(name, run)
})

describe('storeContract', () => {
  async function broken(bug?: StoreBug): Promise<string[]> {
    const names: string[] = []
    for (const { name, run } of storeContract({ create: async () => always(plainStore(bug)), shared: true })) {
      await run().catch(() => names.push(name))
    }
    return names
  }

  it('accepts a plain store that is right', async () => {
    expect(await broken()).toEqual([])
  })

  for (const bug of storeBugs) {
    it(`finds a store that ${bug}`, async () => {
      expect(await broken(bug)).not.toEqual([])
    })
  }

  it('has no case for damage where a store cannot be damaged', () => {
    const names = (options: StoreContractOptions<StorePlace>) => storeContract(options).map(({ name }) => name)
    const create = async () => always(plainStore())
    const more = names({ create, shared: true, corrupt: async () => {}, makeNewer: async () => {} })
    expect(more).toHaveLength(names({ create, shared: true }).length + 2)
  })
})
