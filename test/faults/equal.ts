import fc from 'fast-check'
import type { Campaign, Trial } from './campaign.ts'
import { programs } from './equal/generate.ts'
import type { Program } from './equal/program.ts'
import { Ways } from './equal/ways.ts'

/** Random programs, in each way in which a program can be run, against what they mean. */
export const equal: Campaign = {
  name: 'equal',
  what: 'the same output with `--jobs 1` and `--jobs 8`, from the cache, after a resume, in processes of their own',
  sample: 40,
  full: 2000,
  jobs: 3,
  async perform(trial) {
    const isolated = trial.index % 5 === 4
    const arbitrary = programs(most(trial, isolated))
    const seed = { seed: trial.random.below(2 ** 31), numRuns: 1, unbiased: true }
    const [program] = fc.sample(arbitrary, seed)
    let tries = 0
    const perform = (program: Program) => new Ways(trial, program, `case-${tries++}`).all(isolated)
    try {
      await perform(program as Program)
    } catch (error) {
      // as small as it gets in a while; a program that is lost only now and then is shown as it is
      const least = await fc.check(fc.asyncProperty(arbitrary, perform), { ...seed, interruptAfterTimeLimit: patience })
      patience = 0
      const { counterexample, errorInstance } = least
      const shown = JSON.stringify(counterexample?.[0] ?? program)
      throw new Error(`${counterexample ? errorInstance : error}\n${shown}`, { cause: error })
    }
    return undefined
  },
}

/** How many calls of a program may run: a process for each takes its time. */
const most = ({ full }: Trial, isolated: boolean): number => (isolated ? (full ? 16 : 5) : full ? 120 : 30)

/** Milliseconds in which the first program that is lost is made smaller. */
let patience = 60_000
