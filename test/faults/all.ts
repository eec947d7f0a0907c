import type { Campaign } from './campaign.ts'
import { damaged } from './damage.ts'
import { disk } from './disk.ts'
import { edits } from './edits.ts'
import { equal } from './equal.ts'
import { hostile } from './hostile.ts'
import { kills } from './kills.ts'
import { onCluster, simulation } from './on-cluster.ts'
import { packages } from './packages.ts'
import { shared } from './shared.ts'
import { signals } from './signals.ts'
import { size } from './size.ts'

/** In the order of the table. */
export const campaigns: readonly Campaign[] = [
  equal,
  edits,
  kills,
  signals,
  damaged,
  disk,
  shared,
  hostile,
  size,
  packages,
  simulation,
  onCluster,
]
