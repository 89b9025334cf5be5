import { spawn } from 'node:child_process'
import { Socket } from 'node:net'
import { platform } from 'node:os'

/** Ends a server, and removes its temporary folder, when this process ends: however it ends, kill -9 included. */
export interface Watchdog {
  /** The server is gone; only the folder is left to remove. */
  serverIsGone(): void
  /** Nothing is left to do. */
  dismiss(): void
}

/**
 * A shell that waits on a pipe from this process. The kernel closes the pipe at any kind of end, so neither signal handlers nor exit
 * hooks are needed here, and none are installed. A process id alone does not name a server: ids are used again, so where the system tells when a
 * process began (Linux), that must agree as well.
 */
const SCRIPT = `
pid=$1
folder=$2
birth() {
  cut -d ' ' -f 22 "/proc/$pid/stat" 2>/dev/null
}
born=$(birth)
runs() {
  kill -0 "$pid" 2>/dev/null && [ "$(birth)" = "$born" ] && ! grep -q '^State:.*Z' "/proc/$pid/status" 2>/dev/null
}
while read -r word; do
  case $word in
    dismiss) exit 0 ;;
    gone) pid= ;;
  esac
done
if [ -n "$pid" ] && runs; then
  kill -INT "$pid" 2>/dev/null
  left=100
  while runs && [ "$left" -gt 0 ]; do
    sleep 0.1
    left=$((left - 1))
  done
  if runs; then kill -KILL "$pid" 2>/dev/null; fi
fi
if [ -n "$folder" ]; then rm -rf "$folder"; fi
`

/**
 * Starts a watchdog for the server `pid`, or for a folder alone while no server runs yet. `folder` is removed with the server; undefined keeps
 * the data.
 */
export function startWatchdog(pid: number | undefined, folder: string | undefined): Watchdog {
  if (platform() === 'win32') return exitHook(pid)
  const shell = spawn('/bin/sh', ['-c', SCRIPT, 'server-watchdog', String(pid ?? ''), folder ?? ''], {
    // A session of its own: Ctrl-C at a terminal reaches every process of the foreground group.
    detached: true,
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  shell.unref()
  // The pipe must not keep this process alive; Node makes it a socket.
  if (shell.stdin instanceof Socket) shell.stdin.unref()
  shell.stdin.on('error', () => undefined)
  return {
    serverIsGone: () => void shell.stdin.write('gone\n'),
    dismiss: () => void shell.stdin.end('dismiss\n'),
  }
}

/** Windows has no /bin/sh: there the server is ended at an orderly exit only. */
function exitHook(pid: number | undefined): Watchdog {
  const end = () => {
    try {
      if (pid !== undefined) process.kill(pid)
    } catch {
      // Already gone.
    }
  }
  process.once('exit', end)
  const forget = () => void process.off('exit', end)
  return { serverIsGone: forget, dismiss: forget }
}
