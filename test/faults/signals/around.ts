import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { holds, same } from '../campaign.ts'
import { type Allowed, Attempt, codes } from './attempt.ts'
import { cancelled, cancels, graceAndTwo, type Kind, signalOf, soon, starterOf } from './expect.ts'
import { journals, noneLeft } from './look.ts'
import { outputOf } from './program.ts'

/** Whoever read stdout, stderr or both is gone. */
export const closed: Kind = async (trial) => {
  const { random } = trial
  const pipeline = random.pick(['here', 'apart'] as const)
  const json = random.next() < 0.5
  const which = random.pick([['stdout'], ['stderr'], ['stdout', 'stderr']] as const)
  const cancels = json && which[0] === 'stdout'
  const attempt = new Attempt(trial, { pipeline, style: cancels ? 'talks' : 'kept', json })
  await attempt.said('at work', 1, random.below(300))
  for (const name of which) attempt.started.child[name]?.destroy()
  await sleep(50)
  attempt.disturbed()
  const allowed: Allowed =
    which[0] === 'stderr' ? { exit: 0, fate: 'succeeded' } : { exit: 141, fate: cancels ? 'cancelled' : 'succeeded' }
  const { fate } = await attempt.ends([allowed], 30)
  if (which[0] === 'stderr' && !json) same('stdout', attempt.started.stdout(), outputOf(pipeline))
  if (which[0] === 'stdout' && which.length === 1)
    holds(`no frames of ours:\n${attempt.started.stderr()}`, !/EPIPE|at .*node:/.test(attempt.started.stderr()))
  await attempt.goesOn(fate)
  return undefined
}

/** Whoever reads stdout or stderr does no more, and keeps it open. */
export const unread: Kind = async (trial) => {
  const { random } = trial
  const pipeline = random.pick(['here', 'apart'] as const)
  const signal = signalOf(trial)
  const attempt = new Attempt(trial, { pipeline, style: 'floods', json: random.next() < 0.5 })
  const { child } = attempt.started
  await attempt.said('at work', 1, 0)
  for (const stream of [child.stdout, child.stderr]) stream?.pause()
  await sleep(300 + random.below(500))
  const sent = performance.now()
  attempt.send(signal, random.next() < 0.5)
  await Promise.race([new Promise((resolve) => child.once('exit', resolve)), sleep(1000 * attempt.within(40))])
  const seconds = (performance.now() - sent) / 1000
  for (const stream of [child.stdout, child.stderr]) stream?.resume()
  holds(`it ended ${seconds.toFixed(1)} s after the signal`, seconds < attempt.within(graceAndTwo))
  const { fate } = await attempt.ends(cancels(signal, false), graceAndTwo)
  await attempt.goesOn(fate)
  return undefined
}

/** `kill -9`, with stages that are blocked or have started others. */
export const killed: Kind = async (trial) => {
  const { random } = trial
  const how = random.pick(['node', 'node', 'loader', 'tsx'] as const)
  const style = random.pick(['stuck', 'starts', 'deaf'])
  const attempt = new Attempt(trial, { pipeline: 'apart', style, how })
  await attempt.said(style === 'starts' ? 'all there' : 'at work', 1 + random.below(2), random.below(200))
  // tsx alone is gone: its program notices, gives its stages their grace, and is ended by a signal here
  const signal = random.pick(['SIGKILL', 'SIGKILL', 'SIGQUIT', 'SIGABRT'] as const)
  attempt.send(how === 'tsx' ? 'SIGKILL' : signal, how === 'tsx' || random.next() < 0.5)
  await attempt.ends([{ exit: how === 'tsx' ? 'SIGKILL' : signal, fate: 'interrupted' }], soon)
  await attempt.goesOn('interrupted')
  return undefined
}

/** The process that started the run is killed: with it its pipes go; a run with a session of its own lives on. */
export const orphan: Kind = async (trial) => {
  const { random, folder } = trial
  const session = random.next() < 0.4
  const wrapped = !session && random.next() < 0.4
  const pipeline = random.pick(['here', 'apart'] as const)
  const style = session ? 'brief' : wrapped ? random.pick(['heeds', 'talks']) : 'talks'
  const options = wrapped ? {} : { entry: 'parent.mjs' }
  const how = wrapped ? 'tsx' : 'node'
  const attempt = wrapped
    ? new Attempt(trial, { pipeline, style, how, options })
    : new Attempt(trial, {
        pipeline,
        style,
        json: true,
        options,
        before: [session ? 'session' : 'group', 'program.ts'],
      })
  if (!wrapped && session) {
    while (!said(join(folder, 'out'), 'at work')) await sleep(20)
    await sleep(random.below(200))
  } else await attempt.said('at work', 1, random.below(200))
  attempt.send('SIGKILL', false)
  const fate = session ? 'succeeded' : 'cancelled'
  await attempt.ends([{ exit: 'SIGKILL', fate }], graceAndTwo)
  await attempt.goesOn(fate)
  return undefined
}

const said = (file: string, text: string): boolean => existsSync(file) && readFileSync(file, 'utf8').includes(text)

/** A terminal that closes does not end a run under nohup; other signals do. */
export const hangup: Kind = async (trial) => {
  const { random } = trial
  const pipeline = random.pick(['here', 'apart'] as const)
  const ends = random.next() < 0.5
  // as nohup puts it in a terminal's place
  const before = ['sh', '-c', 'trap "" HUP; exec "$@" 0>/dev/null', 'sh']
  const attempt = new Attempt(trial, { pipeline, style: ends ? 'heeds' : 'brief', options: { before } })
  await attempt.said('at work', 1, random.below(100))
  attempt.send('SIGHUP', random.next() < 0.5)
  await sleep(300)
  if (ends) attempt.send('SIGTERM', random.next() < 0.5)
  await cancelled(attempt, ends ? cancels('SIGTERM', false) : [{ exit: 0, fate: 'succeeded' }])
  return undefined
}

/** `run()` with an AbortSignal. */
export const fromCode: Kind = async (trial) => {
  const { random, folder } = trial
  const pipeline = random.pick(['here', 'apart'] as const)
  const style = random.pick(['heeds', 'blocks', 'talks', 'leaves'])
  const attempt = new Attempt(trial, {
    pipeline,
    style,
    options: { entry: 'code.ts' },
    instead: [pipeline, style, `${random.below(200)}`],
  })
  const done: Allowed[] = style === 'leaves' ? [{ exit: 0, fate: 'succeeded' }] : []
  const { fate } = await attempt.ends([{ exit: 0, fate: 'cancelled' }, ...done], 30)
  same('stdout', attempt.started.stdout(), fate === 'cancelled' ? 'cancelled\n' : outputOf(pipeline))
  await noneLeft(attempt.mark)
  same('one run', journals(join(folder, 'store')).length, 1)
  return undefined
}

/** Ctrl-C in a terminal, typed: what a terminal sends goes to the whole group in its foreground. */
export const typed: Kind = async (trial) => {
  const { random, folder } = trial
  if (!existsSync('/usr/bin/script')) return 'no script(1), which gives a terminal'
  const pipeline = random.pick(['here', 'apart'] as const)
  const how = starterOf(trial)
  const type = `(while [ ! -e typed ]; do sleep 0.05; done; printf '\\003'; sleep 6) | script -qefc "$*" /dev/null`
  const words = ['--progress', 'tty']
  const options = { before: ['sh', '-c', type, 'sh'], env: { TERM: 'xterm', CI: undefined } }
  const attempt = new Attempt(trial, { pipeline, style: 'heeds', how, words, options })
  await attempt.said('at work', 1, random.below(300))
  writeFileSync(join(folder, 'typed'), '')
  const { fate } = await attempt.ends(
    cancels('SIGINT', how === 'tsx').filter(({ exit }) => exit === codes.SIGINT),
    graceAndTwo,
  )
  const shown = attempt.started.stdout()
  if (fate === 'cancelled')
    holds(`the last line is no summary: ${JSON.stringify(shown)}`, /\r\n\d+ ran, [\w, .]* s\r\n$/.test(shown))
  holds('the cursor stays hidden', shown.lastIndexOf('\u001b[?25l') <= shown.lastIndexOf('\u001b[?25h'))
  await attempt.goesOn(fate)
  return undefined
}
