import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import type { Writable } from 'node:stream'
import { stageVariables } from '@millrace/ir'

/** Every attempt id of this process begins with it: what an attempt started is known by it when this process is gone. */
export const tokenPrefix = randomBytes(6).toString('hex')

/*
 * Waits beside this process until its end closes the pipe, then ends what its children left. It is told of each group
 * that begins (+) and has ended (-). A child can't do that itself: while it computes, it doesn't see that its parent
 * has died.
 */
const script = `
left=' '
while read -r sign pid; do
  case $sign in
    .) exit ;;
    +) left="$left$pid " ;;
    -) left="\${left%% $pid *} \${left#* $pid }" ;;
  esac
done
for pid in $left; do kill -9 "-$pid"; done
round=0
while [ $round -lt 40 ]; do
  found=$(grep -ls "${stageVariables.attempt}=$1" /proc/[0-9]*/environ)
  [ -n "$found" ] || exit
  for file in $found; do
    pid=\${file#/proc/}
    kill -9 "\${pid%/environ}"
  done
  round=$((round + 1))
  sleep 0.05 || sleep 1
done
`

/** What it reads. */
let guard: Writable | undefined

/** Starts the guard unless it runs. A machine without `sh` goes without. */
export function startGuard(): void {
  if (guard || process.platform === 'win32') return
  // if this process is itself part of an attempt, the end of that attempt must not kill the guard
  const { [stageVariables.attempt]: _, ...env } = process.env
  const child = spawn('/bin/sh', ['-c', script, 'millrace-guard', tokenPrefix], {
    cwd: '/',
    env,
    stdio: ['pipe', 'ignore', 'ignore'],
    // a session of its own: no signal that ends this process by its group may end it
    detached: true,
  })
  // none where there is no room for a process
  const pipe = child.stdin as Writable | undefined
  child.on('error', () => {})
  if (!pipe) return
  const gone = () => {
    if (guard === pipe) guard = undefined
  }
  child.on('error', gone).on('exit', gone).unref()
  pipe.on('error', gone)
  ;(pipe as Writable & { unref?: () => void }).unref?.()
  guard = pipe
}

/** Tells it of a process group. */
export const guardBegin = (group: number): void => void guard?.write(`+ ${group}\n`)
export const guardEnd = (group: number): void => void guard?.write(`- ${group}\n`)

/** Lets it go: nothing is left to be ended. */
export function stopGuard(): void {
  guard?.end('.\n')
  guard = undefined
}
