export const HELP = `rtp checkpoint <command> --job NAME (--postgres URL [--schema S] | --directory DIR) [options]

Looks at the checkpoints that a store keeps of a job, and moves them.

  list      the checkpoints that the job can be put back to, latest first
  show      one of them: per task its epoch, sequence, positions, and the state of each operator in bytes
  export    writes one of them to a file, a savepoint
  import    makes a job go on from a savepoint
  rewind    puts the job back to a checkpoint that is kept

  --job NAME         the job's name; import takes the name in the file when it is left out
  --postgres URL     the checkpoints in a database; the password may come from PGPASSWORD
  --schema S         schema of the store's tables                              default rtp
  --directory DIR    the checkpoints in files
  --checkpoint N     the number that list prints; rewind needs it              default: the latest
  --file FILE        the savepoint to write or read
  --replace          export: over a file that exists; import: over state that the job has
  --json             prints JSON instead of text
  --help             this text

import and rewind are a new checkpoint with old content; later ones stay until retention takes them. In PostgreSQL they fence a process that runs the
job: its next commit fails with FENCED, and it stops, or goes on from the old content where a consumer group assigns its tasks. A directory that a
process uses is refused: stop the job first. What the job wrote since the checkpoint stays written: append sinks get those rows again.

Exit code: 0 done, 1 it failed, 2 the command line was wrong.`
