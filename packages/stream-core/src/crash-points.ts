/**
 * The steps at which tests let the process die, by name, and what a crash there leaves behind. The runtime, the stores and the connectors say
 * `reachPoint(name)` at each of them: once a step, never once a record. Without a watcher that does nothing.
 */
export const CRASH_POINTS = {
  // Start of a process, and of every attempt in it.
  'sources-opened': 'sources are open and partitions assigned; the store still names the former owner of the tasks',
  'take-over-sent': 'PostgreSQL has been sent the raised epochs with COMMIT: they may be raised, and nobody knows them',
  'tasks-taken': 'epochs are raised and state is loaded; the former owner is fenced, and nobody works',
  'sinks-opened': 'sinks are open, operators hold nothing yet',
  'state-restored': 'operators hold the restored state; no source stands at its position yet',
  'sources-positioned': 'every source stands at the position of the checkpoint; nothing is read',
  // Between checkpoints.
  'windows-firing': 'the watermark closes windows; none of their results has been handed on',
  'windows-fired': 'results of closed windows are made; no checkpoint holds them, nor that the windows are closed',
  // A checkpoint.
  'checkpoint-cut': 'state and output of a checkpoint are cut in memory; nothing has been sent',
  'sinks-flushed': 'sinks outside the transaction of the store have written; positions are still those before',
  'checkpoint-committed': 'the store has committed; the job has not noted it',
  // A checkpoint in PostgreSQL.
  'copy-begun': 'BEGIN and the beginning of the rows have been sent; COPY is open',
  'rows-copied': 'PostgreSQL has taken all rows; the transaction is open',
  'upsert-sent': 'upserts have been sent; state, compare-and-set and COMMIT have not',
  'state-sent': 'the state of the tasks has been sent; compare-and-set and COMMIT have not',
  'compare-and-set-sent': 'the compare-and-set of the tasks has been sent, which locks them; COMMIT has not',
  'commit-sent': 'COMMIT has been sent; its answer has not been read: it may have happened or may yet happen',
  'commit-acknowledged': 'PostgreSQL has answered COMMIT; nothing in the process knows',
  // A checkpoint in a file.
  'file-written': 'the temporary file is written, and not on the disk for sure',
  'file-synced': 'the temporary file is on the disk, under a name that is not looked for',
  'file-renamed': 'the file has its name; the directory may still forget it',
  'directory-synced': 'the file is there for good; older ones have not been removed',
  // Tasks and checkpoints in Kafka.
  'job-id-taken': 'the transactional id of the job is taken: another process that takes tasks over begins anew',
  'owners-fenced': 'transactional ids of the former owners are raised; the state topic still names them',
  'transaction-begin-sent': 'partitions have been announced to the transaction; the answer has not been read',
  'transaction-begun': 'the transaction is open and empty',
  'records-sent': 'records have been sent in the open transaction; the answer has not been read',
  'output-produced': 'the output of the checkpoint is in the open transaction; state and positions are not',
  'state-produced': 'output, state and positions are in the open transaction',
  'transaction-end-sent': 'the end has been sent; its answer has not been read: it may have happened or may yet happen',
  'transaction-ended': 'the coordinator has answered the end; nothing in the process knows',
  // The end of an attempt.
  'tasks-released': 'partitions were assigned anew; the tasks are committed and given up, and nobody works on them',
  'attempt-failed': 'an attempt has failed and is closed; the job would start again from its last checkpoint',
  'last-checkpoint-due': 'everything read is processed, the last checkpoint of a job that ends has not been cut',
  'sources-closed': 'everything is committed and the group has been left; nobody has been told that the job has ended',
} as const

export type CrashPoint = keyof typeof CRASH_POINTS

/**
 * Told of every point that is reached, on the spot. `send` hands what the step has written so far to the system, as if a packet ended there: where
 * several steps go in one message, a process that dies at one of them has sent the part before.
 */
export type PointWatcher = (point: CrashPoint, send: () => void) => void

let watcher: PointWatcher | undefined

/** Sets who is told of points in this thread; undefined: nobody, as in production. */
export function watchPoints(next: PointWatcher | undefined): void {
  watcher = next
}

/** Says that a step has been reached. */
export function reachPoint(point: CrashPoint, send: () => void = nothingToSend): void {
  if (watcher !== undefined) watcher(point, send)
}

function nothingToSend(): void {}
