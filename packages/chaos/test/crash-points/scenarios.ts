import type { CrashPoint } from '@rtp/stream-core/extend'
import type { CountingJob } from '../programs/counting-job.ts'
import type { CrashRun } from './crash-run.ts'

/** How a job gets to a point. */
interface Scenario {
  readonly group: 'start' | 'commit' | 'end' | 'file' | 'kafka'
  /** True for a point that a process reaches once: then one has died before, so that there is something to take over. */
  readonly once?: boolean
  readonly changes?: Partial<CountingJob>
  /** Called when the process that is to die has made its first checkpoint. */
  readonly meanwhile?: (run: CrashRun) => unknown
  readonly before?: (run: CrashRun) => Promise<unknown>
  readonly after?: (run: CrashRun) => Promise<unknown>
}

const NO_CHECKPOINTS = { intervalMs: 3_600_000, records: 1_000_000, bytes: 1_000_000_000 }

/** Every point there is; a new one does not compile without its scenario. */
export const SCENARIOS: Readonly<Record<CrashPoint, Scenario>> = {
  'sources-opened': { group: 'start', once: true },
  'take-over-sent': { group: 'start', once: true },
  'tasks-taken': { group: 'start', once: true },
  'sinks-opened': { group: 'start', once: true },
  'state-restored': { group: 'start', once: true },
  'sources-positioned': { group: 'start', once: true },
  'windows-firing': { group: 'commit' },
  'windows-fired': { group: 'commit' },
  'checkpoint-cut': { group: 'commit' },
  'checkpoint-committed': { group: 'commit' },
  'copy-begun': { group: 'commit' },
  'rows-copied': { group: 'commit' },
  'upsert-sent': { group: 'commit' },
  'state-sent': { group: 'commit' },
  'compare-and-set-sent': { group: 'commit' },
  'commit-sent': { group: 'commit' },
  'commit-acknowledged': { group: 'commit' },
  'sinks-flushed': { group: 'file' },
  'file-written': { group: 'file' },
  'file-synced': { group: 'file' },
  'file-renamed': { group: 'file' },
  'directory-synced': { group: 'file' },
  'job-id-taken': { group: 'kafka', once: true },
  'owners-fenced': { group: 'kafka', once: true },
  'transaction-begin-sent': { group: 'kafka' },
  'transaction-begun': { group: 'kafka' },
  'records-sent': { group: 'kafka' },
  'output-produced': { group: 'kafka' },
  'state-produced': { group: 'kafka' },
  'transaction-end-sent': { group: 'kafka' },
  'transaction-ended': { group: 'kafka' },
  // Another member of the group joins, and tasks move.
  'tasks-released': {
    group: 'end',
    once: true,
    changes: { follows: true },
    meanwhile: run => run.start({ follows: true }),
    after: run => run.killAll(),
  },
  // Every COPY fails with an error that may pass.
  'attempt-failed': {
    group: 'end',
    once: true,
    before: ({ database, schema }) =>
      database.query(
        `create function ${schema}.refuse() returns trigger language plpgsql as
           $$ begin raise exception 'try again' using errcode = 'serialization_failure'; end $$;
         create trigger refuse before insert on ${schema}.lines execute function ${schema}.refuse()`,
      ),
    after: ({ database, schema }) => database.query(`drop trigger refuse on ${schema}.lines`),
  },
  'last-checkpoint-due': { group: 'end', once: true, changes: { triggers: NO_CHECKPOINTS } },
  'sources-closed': { group: 'end', once: true },
}
