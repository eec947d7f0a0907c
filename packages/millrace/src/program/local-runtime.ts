import { fileURLToPath } from 'node:url'
import { canonical, type Diagnostic, type Event, type Json, type Plan, type Runtime } from '@millrace/ir'
import type { LoadedStage, StageKind } from '@millrace/runner'
import { type LocalOptions, localRuntime, type OtherGpu, shortfalls } from '@millrace/runtime-local'
import type { StageDefinition } from '@millrace/sdk'
import { childProgram } from './child-program.ts'
import type { Prepared } from './prepare.ts'
import type { Program } from './program.ts'
import { processBy } from './stage-kinds.ts'
import { loadedStage } from './stage-loader.ts'
import { stageLocation } from './stage-location.ts'
import { WatchedCode } from './watched-code.ts'
import { workersOf } from './workers.ts'

type Chosen = Pick<
  LocalOptions,
  'jobs' | 'fresh' | 'failFast' | 'strict' | 'verify' | 'recompute' | 'abandon' | 'grace' | 'hideGpus'
> & {
  /** Runs in this process what would run in a warm worker. Default false. */
  readonly inProcess?: boolean
  /** Kinds of stages besides those of Millrace. Default none. */
  readonly kinds?: readonly StageKind[]
}

/** The local runtime over a program's own functions. */
export function localRuntimeOf(
  prepared: Prepared,
  { inProcess, kinds = [], ...chosen }: Chosen,
  notices: readonly Diagnostic[],
): Runtime {
  const { program, code, assets, store, variables } = prepared
  const loaded = new Map<string, LoadedStage>()
  const byPath = new Map([...program.checked.assets].map(([token, path]) => [path, assets.get(token)]))
  const watched = new WatchedCode(code, program.traced.stages, (path) => byPath.get(path))
  const workers = inProcess ? undefined : workersOf(prepared, byPath)
  const processOf = processBy([...prepared.stageKinds, ...kinds])
  return localRuntime({
    ...chosen,
    store,
    ...(workers ? { workers } : {}),
    load(key) {
      let stage = loaded.get(key)
      if (!stage) {
        stage = loadedStage(
          program.traced.stages.get(key) as StageDefinition,
          (url) => byPath.get(fileURLToPath(url)),
          processOf,
        )
        loaded.set(key, stage)
      }
      return stage
    },
    child: (key) => childProgram(code, key),
    changed: (key, reader) => watched.changed(key, reader),
    committed: (key, takeBack) => watched.committed(key, takeBack),
    lastLook: () => watched.lastLook(),
    asset: (token) => assets.get(token) as unknown as Json,
    variables,
    place: (node) => program.traced.places.get(node)?.() ?? {},
    definedAt: (stage) => stageLocation(program.traced.stages.get(stage)),
    graph: () => canonical(program.checked.graph as unknown as Json),
    notices: notices.map((notice) => ({ event: 'notice', ...notice }) as Extract<Event, { event: 'notice' }>),
  })
}

/** What of a Plan's requests this machine can't meet: a notice of each kind, or with `strict` an error each. */
export function resourceDiagnostics(program: Program, plan: Plan, strict: boolean): Diagnostic[] {
  const found = shortfalls(plan)
  const at = (node: string) => ({ pipeline: plan.pipeline, node, ...program.traced.places.get(node)?.() })
  if (strict)
    return found.map(({ node, cut, other }) => ({
      code: 'resources-missing',
      severity: 'error',
      message: `"${node}" asks for more than this machine has: ${[...cut, ...(other ? [typeOf(other)] : [])].join(', ')}`,
      at: at(node),
      fix: 'Ask for less with .with({ resources }), run it where it fits, or leave out --strict.',
    }))
  const notices: Diagnostic[] = []
  const notice = (nodes: readonly { readonly node: string; readonly text: string }[], message: string) => {
    const [first] = nodes
    if (!first) return
    const named = nodes.slice(0, 3).map(({ node, text }) => `"${node}" (${text})`)
    const more = nodes.length > 3 ? ` and ${nodes.length - 3} more` : ''
    notices.push({
      code: 'resources-cut',
      severity: 'notice',
      message: `${message}: ${named.join(', ')}${more}`,
      at: at(first.node),
      fix: 'Nothing to do for a trial; --strict refuses instead.',
    })
  }
  notice(
    found.flatMap(({ node, cut }) => (cut.length > 0 ? [{ node, text: cut.join(', ') }] : [])),
    'this machine has less than asked for; requests were cut',
  )
  notice(
    found.flatMap(({ node, other }) => (other ? [{ node, text: typeOf(other) }] : [])),
    'this machine has GPUs of another type than asked for, which are taken instead',
  )
  return notices
}

const typeOf = ({ type, models }: OtherGpu): string => `gpu ${type}: ${models.join(', ')}`
