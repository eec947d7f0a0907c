import type { Campaign } from './campaign.ts'
import { busy, grace } from './signals/cancels.ts'
import { kinds } from './signals/kinds.ts'

const total = kinds.reduce((sum, [, weight]) => sum + weight, 0)

export const signals: Campaign = {
  name: 'signals',
  what: 'a cancel ends with the right exit code in time, leaves no process, can be gone on with',
  sample: 16,
  full: 400,
  // they mostly wait
  jobs: 4,
  async perform(trial) {
    if (process.platform !== 'linux') return 'no /proc to find what is left'
    if (trial.full && trial.index % 8 === 3) return busy(trial)
    // a few wait out the real grace
    if (trial.full && trial.index % 50 === 7) return grace(trial)
    let at = trial.random.below(total)
    for (const [kind, weight] of kinds) {
      if (at < weight) return kind(trial)
      at -= weight
    }
    return undefined
  },
}
