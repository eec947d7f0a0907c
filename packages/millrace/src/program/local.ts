import { fileURLToPath } from 'node:url'
import type { Diagnostic, Event, Json, Plan, Runtime } from '@millrace/ir'
import type { LoadedStage } from '@millrace/runner'
import { type LocalOptions, localRuntime, shortfalls } from '@millrace/runtime-local'
import type { StageDefinition } from '@millrace/sdk'
import { childProgram } from './child-program.ts'
import type { Prepared } from './prepare.ts'
import type { Program } from './program.ts'
import { loadedStage } from './stage-loader.ts'
import { WatchedCode } from './watched-code.ts'
import { workersOf } from './workers.ts'

type Chosen = Pick<
  LocalOptions,
  'jobs' | 'fresh' | 'failFast' | 'strict' | 'verify' | 'recompute' | 'kill' | 'grace'
> & {
  /** Runs in this process what would run in a warm worker. Default false. */
  readonly inProcess?: boolean
}

/** The local runtime over a program's own functions. */
export function localRuntimeOf(
  prepared: Prepared,
  { inProcess, ...chosen }: Chosen,
  notices: readonly Diagnostic[],
): Runtime {
  const { program, code, assets, store } = prepared
  const loaded = new Map<string, LoadedStage>()
  const byPath = new Map([...program.checked.assets].map(([token, path]) => [path, assets.get(token)]))
  const watched = new WatchedCode(code, program.traced.stages, (path) => byPath.get(path))
  const workers = inProcess ? undefined : workersOf(prepared, byPath)
  return localRuntime({
    ...chosen,
    store,
    ...(workers ? { workers } : {}),
    load(key) {
      let stage = loaded.get(key)
      if (!stage) {
        stage = loadedStage(program.traced.stages.get(key) as StageDefinition, (url) => byPath.get(fileURLToPath(url)))
        loaded.set(key, stage)
      }
      return stage
    },
    child: (key) => childProgram(code, key),
    changed: (key, reader) => watched.changed(key, reader),
    asset: (token) => assets.get(token) as unknown as Json,
    place: (node) => program.traced.places.get(node)?.() ?? {},
    notices: notices.map((notice) => ({ event: 'notice', ...notice }) as Extract<Event, { event: 'notice' }>),
  })
}

/** What of a Plan's requests this machine can't meet: one notice, or with `strict` an error each. */
export function resourceDiagnostics(program: Program, plan: Plan, strict: boolean): Diagnostic[] {
  const found = shortfalls(plan)
  const first = found[0]
  if (!first) return []
  const at = (node: string) => ({ pipeline: plan.pipeline, node, ...program.traced.places.get(node)?.() })
  if (strict)
    return found.map(({ node, cut }) => ({
      code: 'resources-missing',
      severity: 'error',
      message: `"${node}" asks for more than this machine has: ${cut.join(', ')}`,
      at: at(node),
      fix: 'Ask for less with .with({ resources }), run it where it fits, or leave out --strict.',
    }))
  const named = found.slice(0, 3).map(({ node, cut }) => `"${node}" (${cut.join(', ')})`)
  const more = found.length > 3 ? ` and ${found.length - 3} more` : ''
  return [
    {
      code: 'resources-cut',
      severity: 'notice',
      message: `this machine has less than asked for; requests were cut: ${named.join(', ')}${more}`,
      at: at(first.node),
      fix: 'Nothing to do for a trial; --strict refuses instead.',
    },
  ]
}
