import type { Trial } from '../campaign.ts'
import { type Allowed, type Attempt, codes, type Signal } from './attempt.ts'

/** One way to disturb a run; returns why when this machine can't. */
export type Kind = (trial: Trial) => Promise<string | undefined>

/** Less than the grace, in seconds. */
export const soon = 9
/** The grace and 2 s, and what a busy machine may add. */
export const graceAndTwo = 12 + 6

export const signalOf = ({ random }: Trial): Signal => random.pick(['SIGINT', 'SIGINT', 'SIGTERM', 'SIGTERM', 'SIGHUP'])
export const starterOf = ({ random }: Trial) => random.pick(['node', 'node', 'node', 'node', 'loader', 'tsx'] as const)

/** A cancel under tsx, which kills a program for good that doesn't answer within 60 ms, and passes no SIGHUP on. */
export function cancels(signal: Signal, tsx: boolean): Allowed[] {
  const exit = codes[signal]
  if (!tsx) return [{ exit, fate: 'cancelled' }]
  return [
    { exit, fate: 'cancelled' },
    { exit, fate: 'interrupted' },
    { exit: 'SIGHUP', fate: 'cancelled' },
  ]
}

export async function cancelled(
  attempt: Attempt,
  allowed: readonly Allowed[],
  within = graceAndTwo,
  since?: number,
): Promise<void> {
  const { exit, fate } = await attempt.ends(allowed, within, since)
  const told = typeof exit === 'number' && (fate === 'cancelled' || fate === 'succeeded')
  // tsx may kill a program for good while it says its last words
  const whole = attempt.how.how !== 'tsx' || fate === 'succeeded'
  if (told && whole && (exit === 0) === (fate === 'succeeded')) attempt.checkTold(fate)
  await attempt.goesOn(fate)
}
