import { rejects } from './contract-case.ts'
import { acquireOne, following, type OpenedStores } from './opened-stores.ts'

/** Whoever opens or acquires must be told; which of the two is the store's business. */
export async function isRefused(stores: OpenedStores, code: string, damage: () => Promise<void>): Promise<void> {
  const store = await stores.open()
  await stores.commit(store, following(await acquireOne(store)))
  await stores.close(store)
  await damage()
  const restore = async () => acquireOne(await stores.open())
  await rejects(restore(), code, 'a damaged or later checkpoint')
}
