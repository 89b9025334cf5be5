import { messageOf, StreamError } from '@rtp/stream-core/extend'
import type { Answer, Run } from './checkpoint/answer.ts'
import { exportCheckpoint } from './checkpoint/export.ts'
import { importCheckpoint } from './checkpoint/import.ts'
import { listCheckpoints } from './checkpoint/list.ts'
import { rewindCheckpoint } from './checkpoint/rewind.ts'
import { showCheckpoint } from './checkpoint/show.ts'
import { type Command, type CommandLine, readCommandLine } from './command-line.ts'
import { HELP } from './help.ts'
import { archiveAt, withoutSecrets } from './store.ts'

/** Where a command writes; each call is one or more lines, without the last line break. */
export interface Output {
  out(text: string): void
  error(text: string): void
}

const RUNS: Readonly<Record<Command, Run>> = {
  list: listCheckpoints,
  show: showCheckpoint,
  export: exportCheckpoint,
  import: importCheckpoint,
  rewind: rewindCheckpoint,
}

/** Runs the program `rtp` with these arguments. Returns its exit code: 0 done, 1 failed, 2 wrong command line. Never prints a password. */
export async function runCommand(args: readonly string[], output: Output): Promise<number> {
  let line: CommandLine | undefined
  try {
    line = readCommandLine(args)
    if (line === undefined) output.out(HELP)
    else print(await RUNS[line.command](archiveAt(line.place), line), line, output)
    return 0
  } catch (cause) {
    output.error(withoutSecrets(messageOf(cause), line?.place))
    return cause instanceof StreamError && cause.code === 'USAGE' ? 2 : 1
  }
}

function print({ text, data }: Answer, { json }: CommandLine, output: Output): void {
  output.out(json ? JSON.stringify(data, undefined, 2) : text)
}
