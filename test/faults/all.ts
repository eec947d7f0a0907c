import type { Campaign } from './campaign.ts'
import { equal } from './equal.ts'

/** In the order of the table. */
export const campaigns: readonly Campaign[] = [equal]
