import { setTimeout as sleep } from 'node:timers/promises'
import { holds } from '../campaign.ts'
import { type Allowed, Attempt, codes, type Signal } from './attempt.ts'
import { cancelled, cancels, graceAndTwo, type Kind, signalOf, soon, starterOf } from './expect.ts'

/** Where it may also be when it can't be known how far it has come: not yet begun, or at its end. */
const anywhere = (signal: Signal): Allowed[] => [
  { exit: signal, fate: 'none' },
  { exit: codes[signal], fate: 'none' },
  { exit: 0, fate: 'succeeded' },
  // after all was said and before the process was gone
  { exit: signal, fate: 'succeeded' },
  { exit: codes[signal], fate: 'succeeded' },
]

/** One signal while stages work that heed it, or end by themselves. */
export const once: Kind = async (trial) => {
  const { random } = trial
  const pipeline = random.pick(['here', 'apart'] as const)
  const style = random.pick(['heeds', 'heeds', 'held', 'talks', ...(pipeline === 'here' ? ['trips'] : [])])
  const how = starterOf(trial)
  const signal = signalOf(trial)
  const attempt = new Attempt(trial, { pipeline, style, how, json: random.next() < 0.3 })
  await attempt.said('at work', 1, random.below(style === 'trips' ? 1500 : 150))
  const toGroup = random.next() < 0.5
  attempt.send(signal, toGroup)
  // what blocks the process lets go only now; a run whose last stage did so has nothing left to cancel but itself
  attempt.disturbed()
  const failed: Allowed[] = style === 'trips' ? [{ exit: 1, fate: 'failed' }] : []
  await cancelled(attempt, [...cancels(signal, how === 'tsx'), ...failed])
  return undefined
}

/** One signal at any moment from the start of the process. */
export const early: Kind = async (trial) => {
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
export const late: Kind = async (trial) => {
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
export const twice: Kind = async (trial) => {
  const { random } = trial
  const pipeline = random.pick(['here', 'apart'] as const)
  const how = starterOf(trial)
  // a program that tsx killed for good can't end what its stages started
  const style = how === 'tsx' && pipeline === 'here' ? 'deaf' : random.pick(['deaf', 'starts'])
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

/** Under tsx, while all cores compute what heeds nothing: it is heard all the same, and the grace kept whole. */
export const busy: Kind = async (trial) => {
  const { random } = trial
  const signal = random.pick(['SIGINT', 'SIGTERM'] as const)
  const attempt = new Attempt(trial, { pipeline: 'here', style: 'stuck', how: 'tsx' })
  await attempt.said('at work', 2, random.below(500))
  const sent = performance.now()
  attempt.send(signal, random.next() < 0.5)
  await attempt.started.ended
  holds('stages had their grace', performance.now() - sent > 9500)
  const { fate } = await attempt.ends(cancels(signal, false), graceAndTwo, sent)
  attempt.checkTold(fate)
  await attempt.goesOn(fate)
  return undefined
}

/** `--timeout` of the run, alone or with a signal after it. */
export const timeout: Kind = async (trial) => {
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
export const failFast: Kind = async (trial) => {
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
