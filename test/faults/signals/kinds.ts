import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { holds, same, type Trial } from '../campaign.ts'
import { type Allowed, Attempt, codes, type Signal } from './attempt.ts'
import { journals, noneLeft } from './look.ts'
import { outputOf } from './program.ts'

/** One way to disturb a run; returns why when this machine can't. */
export type Kind = (trial: Trial) => Promise<string | undefined>

/** Less than the grace, in seconds. */
const soon = 9
/** The grace and 2 s, and what a busy machine may add. */
const graceAndTwo = 12 + 6

const signalOf = ({ random }: Trial): Signal => random.pick(['SIGINT', 'SIGINT', 'SIGTERM', 'SIGTERM', 'SIGHUP'])
const starterOf = ({ random }: Trial) => random.pick(['node', 'node', 'node', 'node', 'loader', 'tsx'] as const)

/** A cancel under tsx, which kills a program for good that doesn't answer within 60 ms, and passes no SIGHUP on. */
function cancels(signal: Signal, tsx: boolean): Allowed[] {
  const exit = codes[signal]
  if (!tsx) return [{ exit, fate: 'cancelled' }]
  return [
    { exit, fate: 'cancelled' },
    { exit, fate: 'interrupted' },
    { exit: 'SIGHUP', fate: 'cancelled' },
  ]
}

/** Where it may also be when it can't be known how far it has come: not yet begun, or at its end. */
const anywhere = (signal: Signal): Allowed[] => [
  { exit: signal, fate: 'none' },
  { exit: codes[signal], fate: 'none' },
  { exit: 0, fate: 'succeeded' },
  // after all was said and before the process was gone
  { exit: signal, fate: 'succeeded' },
  { exit: codes[signal], fate: 'succeeded' },
]

async function cancelled(
  attempt: Attempt,
  allowed: readonly Allowed[],
  within = graceAndTwo,
  since?: number,
): Promise<void> {
  const { exit, fate } = await attempt.ends(allowed, within, since)
  const told = typeof exit === 'number' && (fate === 'cancelled' || fate === 'succeeded')
  if (told && (exit === 0) === (fate === 'succeeded')) attempt.checkTold(fate)
  await attempt.goesOn(fate)
}

/** One signal while stages work that heed it, or end by themselves. */
const once: Kind = async (trial) => {
  const { random } = trial
  const pipeline = random.pick(['here', 'apart'] as const)
  const style = random.pick(['heeds', 'heeds', 'blocks', 'talks', ...(pipeline === 'here' ? ['trips'] : [])])
  const how = starterOf(trial)
  const signal = signalOf(trial)
  const attempt = new Attempt(trial, { pipeline, style, how, json: random.next() < 0.3 })
  await attempt.said('at work', 1, random.below(style === 'trips' ? 1500 : 150))
  const toGroup = random.next() < 0.5
  attempt.send(signal, toGroup)
  // stages that block end one after the other; a run whose last one did so has nothing left to cancel but itself
  await cancelled(attempt, cancels(signal, how === 'tsx'))
  return undefined
}

/** One signal at any moment from the start of the process. */
const early: Kind = async (trial) => {
  const { random } = trial
  const pipeline = random.pick(['here', 'apart', 'chain'] as const)
  const how = starterOf(trial)
  const signal = signalOf(trial)
  const attempt = new Attempt(trial, { pipeline, style: random.pick(['heeds', 'brief', 'blocks']), how })
  await sleep(random.below(how === 'node' ? 700 : 1400))
  attempt.send(signal, random.next() < 0.5)
  // a tsx that is killed before its program has said that it listens leaves a program that notices by itself
  const orphaned: Allowed[] =
    how === 'tsx'
      ? [
          { exit: signal, fate: 'cancelled' },
          { exit: signal, fate: 'succeeded' },
        ]
      : []
  await cancelled(attempt, [...cancels(signal, how === 'tsx'), ...anywhere(signal), ...orphaned])
  return undefined
}

/** One signal about when the last stage ends. */
const late: Kind = async (trial) => {
  const { random } = trial
  const pipeline = random.pick(['here', 'here', 'apart', 'chain'] as const)
  const style = random.pick(['brief', 'blocks'])
  const signal = signalOf(trial)
  const attempt = new Attempt(trial, { pipeline, style, json: random.next() < 0.3 })
  if (pipeline === 'chain') await attempt.said('succeeded', 1, random.below(700))
  else await attempt.said('at work', 4, random.below(700))
  attempt.send(signal, random.next() < 0.5)
  await cancelled(attempt, [...cancels(signal, false), ...anywhere(signal).filter(({ fate }) => fate !== 'none')])
  return undefined
}

/** A second signal ends stages that heed none, and all that they started. */
const twice: Kind = async (trial) => {
  const { random } = trial
  const pipeline = random.pick(['here', 'apart'] as const)
  const style = random.pick(['deaf', 'starts'])
  const how = starterOf(trial)
  const [first, second] = [signalOf(trial), signalOf(trial)]
  const attempt = new Attempt(trial, { pipeline, style, how })
  await attempt.said(style === 'starts' ? 'all there' : 'at work', 1, random.below(300))
  const toGroup = random.next() < 0.5
  attempt.send(first, toGroup)
  await sleep(500 + random.below(700))
  // a shell's child that a terminal's signal ended has nothing more to say
  attempt.send(second, toGroup)
  const tsx = how === 'tsx'
  const allowed = [...cancels(first, tsx), ...(tsx ? cancels(second, true) : [])]
  // tsx passes no SIGHUP on: then it is killed, and the program left to end by its grace
  const orphaned = tsx && (first === 'SIGHUP' || second === 'SIGHUP')
  await cancelled(attempt, allowed, orphaned ? graceAndTwo : soon)
  return undefined
}

/** The whole grace, waited out. */
export const grace: Kind = async (trial) => {
  const { random } = trial
  const signal = signalOf(trial)
  const pipeline = random.pick(['here', 'apart'] as const)
  const attempt = new Attempt(trial, { pipeline, style: random.pick(['deaf', 'starts']) })
  await attempt.said('at work', 2, random.below(300))
  const sent = performance.now()
  attempt.send(signal, random.next() < 0.5)
  await attempt.started.ended
  // a terminal's signal also ends what an in-process stage started, but not the stage
  holds('stages had their grace', performance.now() - sent > 9500)
  await cancelled(attempt, cancels(signal, false), graceAndTwo, sent)
  return undefined
}

/** `--timeout` of the run, alone or with a signal after it. */
const timeout: Kind = async (trial) => {
  const { random } = trial
  const pipeline = random.pick(['here', 'apart'] as const)
  const style = random.pick(['heeds', 'deaf', 'blocks', 'trips'])
  // those that block take longer than it in all
  const words = ['--timeout', style === 'blocks' && pipeline === 'here' ? '1s' : `${1 + random.below(2)}s`]
  const attempt = new Attempt(trial, { pipeline, style, words, json: random.next() < 0.3 })
  if (style === 'deaf') {
    await attempt.said('at work', 1, 3500)
    attempt.send(signalOf(trial), random.next() < 0.5)
  }
  const done: Allowed[] = style === 'blocks' ? [{ exit: 0, fate: 'succeeded' }] : []
  await cancelled(attempt, [{ exit: 4, fate: 'cancelled' }, ...done], 40)
  return undefined
}

/** `--fail-fast` ends the others, also in the grace when a signal comes. */
const failFast: Kind = async (trial) => {
  const { random } = trial
  const pipeline = random.pick(['apart', 'here'] as const)
  const attempt = new Attempt(trial, { pipeline, style: 'fails', words: ['--fail-fast'] })
  const late = random.next() < 0.4
  if (late) {
    await attempt.said('retried', 1, random.below(3000))
    attempt.send('SIGTERM', false)
  }
  const { exit, fate } = await attempt.ends(
    [{ exit: 1, fate: 'failed' }, ...(late ? cancels('SIGTERM', false) : [])],
    50,
  )
  if (typeof exit === 'number') attempt.checkTold(fate)
  await attempt.goesOn(fate)
  return undefined
}

/** Whoever read stdout, stderr or both is gone. */
const closed: Kind = async (trial) => {
  const { random } = trial
  const pipeline = random.pick(['here', 'apart'] as const)
  const json = random.next() < 0.5
  const which = random.pick([['stdout'], ['stderr'], ['stdout', 'stderr']] as const)
  const cancels = json && which[0] === 'stdout'
  const attempt = new Attempt(trial, { pipeline, style: cancels ? 'talks' : 'brief', json })
  await attempt.said('at work', 1, random.below(300))
  for (const name of which) attempt.started.child[name]?.destroy()
  const allowed: Allowed =
    which[0] === 'stderr' ? { exit: 0, fate: 'succeeded' } : { exit: 141, fate: cancels ? 'cancelled' : 'succeeded' }
  const { fate } = await attempt.ends([allowed], 30)
  if (which[0] === 'stderr' && !json) same('stdout', attempt.started.stdout(), outputOf(pipeline))
  if (which[0] === 'stdout' && which.length === 1)
    holds(`no frames of ours:\n${attempt.started.stderr()}`, !/EPIPE|at .*node:/.test(attempt.started.stderr()))
  await attempt.goesOn(fate)
  return undefined
}

/** `kill -9`, with stages that are blocked or have started others. */
const killed: Kind = async (trial) => {
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
const orphan: Kind = async (trial) => {
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
    for (const end = Date.now() + 20_000; Date.now() < end && !said(join(folder, 'out'), 'at work'); ) await sleep(20)
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
const hangup: Kind = async (trial) => {
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
const fromCode: Kind = async (trial) => {
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
const typed: Kind = async (trial) => {
  const { random, folder } = trial
  if (!existsSync('/usr/bin/script')) return 'no script(1), which gives a terminal'
  const pipeline = random.pick(['here', 'apart'] as const)
  const how = starterOf(trial)
  const type = `(while [ ! -e typed ]; do sleep 0.05; done; printf '\\003'; sleep 2) | script -qefc "$*" /dev/null`
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

/** Each with how often it is tried. */
export const kinds: readonly (readonly [Kind, number])[] = [
  [once, 24],
  [early, 14],
  [late, 14],
  [twice, 14],
  [timeout, 5],
  [failFast, 3],
  [closed, 8],
  [killed, 8],
  [orphan, 6],
  [hangup, 4],
  [fromCode, 5],
  [typed, 4],
]
