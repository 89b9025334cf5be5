import { type ContractCase, caseOf } from './contract-case.ts'
import { OpenedStores, type StorePlace } from './opened-stores.ts'
import * as archive from './store-archive-cases.ts'
import * as damage from './store-damage-cases.ts'
import * as fencing from './store-fencing-cases.ts'
import * as keeping from './store-keeping-cases.ts'

export interface StoreContractOptions<P extends StorePlace> {
  /** Called for every case. Jobs have other names in every case, so one database can serve all of them. */
  create(): Promise<P>
  /** True when several processes may have the store open at once; false when a second one is refused with CHECKPOINT_LOCKED. */
  readonly shared: boolean
  /** How many checkpoints the stores are made to keep at least, 2 or more; left out for a store without an archive. */
  readonly keeps?: number
  /** Damages the last checkpoint; left out where that cannot be done. */
  corrupt?(place: P, job: string): Promise<void>
  /** Makes the last checkpoint look like one of a later version of the library. */
  makeNewer?(place: P, job: string): Promise<void>
}

/** The rules that every checkpoint store keeps, as cases for any test runner. */
export function storeContract<P extends StorePlace>(options: StoreContractOptions<P>): ContractCase[] {
  const on = (name: string, check: (stores: OpenedStores) => Promise<void>) =>
    caseOf(name, async () => new OpenedStores(await options.create()), check)
  const damaged = (name: string, code: string, damageLast: (place: P, job: string) => Promise<void>): ContractCase => ({
    name,
    async run() {
      const place = await options.create()
      const stores = new OpenedStores(place)
      try {
        await damage.isRefused(stores, code, () => damageLast(place, stores.job))
      } finally {
        await stores.dispose()
      }
    },
  })
  const { corrupt, makeNewer } = options
  return [
    on('makes a task that is not known, with nothing in it', keeping.makesUnknownTasks),
    on('hands tasks back in the order in which they were asked for', keeping.keepsOrder),
    on('gives back positions, layout and snapshot as they were committed', keeping.givesBackEverything),
    on('keeps one full snapshot and the changes since, in order', keeping.keepsChain),
    on('keeps the snapshots that a checkpoint needs, and drops older ones', keeping.dropsWhatIsNotNeeded),
    on('replaces positions and layout instead of merging them', keeping.replacesPositions),
    on('leaves the tasks alone that are not in a checkpoint', keeping.leavesOthers),
    on('keeps two jobs apart', keeping.keepsJobsApart),
    on('has everything after it was closed and opened again', keeping.survivesReopening),
    on('lets outputs join its commits, all or nothing; without a scope it refuses them', keeping.joinsOutputs),
    on('raises the epoch with every owner', fencing.raisesEpochs),
    on('refuses a former owner, and changes nothing', fencing.refusesFormerOwner),
    on('refuses a task that was never acquired', fencing.refusesUnacquired),
    on('refuses a sequence that is not the next one', fencing.refusesWrongSequence),
    on('refuses other previous positions than the stored ones', fencing.refusesWrongPrevious),
    on('takes the right checkpoint after it has refused wrong ones', fencing.recovers),
    on('commits all tasks of a checkpoint or none', fencing.commitsAtomically),
    on('gives each of many owners at once an epoch of its own, and lets the last one commit', fencing.acquiresAtOnce),
    options.shared
      ? on('lets another process take a task over, and refuses the first one from then on', fencing.handsOver)
      : on('refuses a second process until the first one has closed', fencing.refusesSecondProcess),
    ...(options.keeps === undefined ? [] : archiveCases(on, options.keeps, options.shared)),
    ...(corrupt === undefined
      ? []
      : [damaged('refuses a damaged checkpoint', 'CHECKPOINT_CORRUPT', corrupt.bind(options))]),
    ...(makeNewer === undefined
      ? []
      : [damaged('refuses a checkpoint of a later version', 'CHECKPOINT_NEWER_VERSION', makeNewer.bind(options))]),
  ]
}

function archiveCases(
  on: (name: string, check: (stores: OpenedStores) => Promise<void>) => ContractCase,
  keeps: number,
  shared: boolean,
): ContractCase[] {
  return [
    on('lists the last checkpoints, latest first, at least as many as it is to keep, and removes older ones', stores =>
      archive.listsKept(stores, keeps),
    ),
    on('gives back every kept checkpoint as it was committed, with its chain', archive.readsKept),
    on('keeps an old chain as long as a kept checkpoint needs it', stores => archive.keepsChains(stores, keeps)),
    on('restores each task as of its last checkpoint up to the number', archive.readsTasksApart),
    on('has no checkpoint of a job or number that it does not know', archive.refusesUnknown),
    on('is read while a process owns the job, and does not disturb it', archive.leavesOwnerAlone),
    on('goes on from a checkpoint that was put back, and keeps the later ones', archive.goesBack),
    on('puts the checkpoint of one job into another, and empties tasks that are not in it', archive.putsElsewhere),
    on('replaces the state of a job only when it is told to', archive.replacesOnlyWhenTold),
    shared
      ? on('fences the owner of a job that is put back', archive.fencesOwner)
      : on('refuses to put back a job that a process owns', archive.refusesOwned),
  ]
}
