import { closed, fromCode, hangup, killed, orphan, typed, unread } from './around.ts'
import { early, failFast, late, once, timeout, twice } from './cancels.ts'
import type { Kind } from './expect.ts'

/** Each with how often it is tried. */
export const kinds: readonly (readonly [Kind, number])[] = [
  [once, 24],
  [early, 14],
  [late, 14],
  [twice, 14],
  [timeout, 5],
  [failFast, 3],
  [closed, 8],
  [unread, 3],
  [killed, 8],
  [orphan, 6],
  [hangup, 4],
  [fromCode, 5],
  [typed, 4],
]
