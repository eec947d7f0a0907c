import { origin } from '../origin.ts'
import { visibleGpus } from './gpus.ts'

/*
 * A stage that asks for no GPU sees none, also where it runs in this process. A process has its variables once: while a
 * call that asks for some runs in it, because nothing else can load its stage, the others in it see them too.
 */

const now = { hiding: 0, showing: 0 }
/** What the hidden variables were. */
let before: Variables | undefined
type Variables = Readonly<Record<string, string | undefined>>

/** Hides the machine's GPUs from this process and what it starts. Returns the way back. */
export const hideGpus = (): (() => void) => during('hiding')

/** Shows them to a call in this process that asks for some. Returns the way back. */
export const showGpus = (): (() => void) => during('showing')

/** The variables of this process, with those that are hidden as they were. */
export const withoutHiding = (): NodeJS.ProcessEnv => ({ ...process.env, ...before })

function during(what: keyof typeof now): () => void {
  now[what]++
  settle()
  return () => {
    now[what]--
    settle()
  }
}

function settle(): void {
  const hide = now.hiding > 0 && now.showing === 0
  if (hide === (before !== undefined)) return
  if (before) {
    set(before)
    before = undefined
    return
  }
  const hidden = visibleGpus([], origin().env)
  before = Object.fromEntries(Object.keys(hidden).map((name) => [name, process.env[name]]))
  set(hidden)
}

function set(variables: Variables): void {
  for (const [name, value] of Object.entries(variables))
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
}
