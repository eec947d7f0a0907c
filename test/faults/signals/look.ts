import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { same } from '../campaign.ts'

/** A variable by which all processes of one case are known. */
export const markVariable = 'FAULT_CASE'

/** Processes that carry a case's mark, each by its command. */
function marked(mark: string): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return []
    try {
      if (!readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`${markVariable}=${mark}`)) return []
      return [`${pid}: ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').slice(0, 120)}`]
    } catch {
      // it has ended meanwhile
      return []
    }
  })
}

/** Ends what a lost case would leave to this machine. */
export function endMarked(mark: string): void {
  for (const line of marked(mark)) process.kill(Number.parseInt(line, 10), 'SIGKILL')
}

/** Ends the case if a process is left that does not end. */
export async function noneLeft(mark: string): Promise<void> {
  let left = marked(mark)
  for (const end = Date.now() + 200_000; left.length > 0 && Date.now() < end; left = marked(mark)) await sleep(50)
  endMarked(mark)
  same('processes are left', left, [])
}

export interface JournalEvent {
  readonly event: string
  readonly node?: string
  readonly index?: readonly number[]
  readonly status?: string
}

/** The journals of a store, oldest first. */
export function journals(store: string): { readonly id: string; readonly events: readonly JournalEvent[] }[] {
  let ids: string[]
  try {
    ids = readdirSync(join(store, 'runs')).filter((name) => /^\d{8}-/.test(name))
  } catch {
    return []
  }
  return ids.sort().map((id) => {
    const events = readFileSync(join(store, 'runs', id, 'journal.jsonl'), 'utf8')
      .split('\n')
      .flatMap((line) => {
        try {
          return [JSON.parse(line) as JournalEvent]
        } catch {
          // a kill has cut it
          return []
        }
      })
    return { id, events }
  })
}
