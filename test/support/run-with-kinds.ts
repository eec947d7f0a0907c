import type { Event, RunOutcome } from '@millrace/ir'
import type { AnyPipeline } from '@millrace/sdk'
import type { KindCode } from '../../packages/compiler/src/index.ts'
import { givenInput } from '../../packages/millrace/src/program/given-input.ts'
import { localRuntimeOf } from '../../packages/millrace/src/program/local-runtime.ts'
import { prepareProgram } from '../../packages/millrace/src/program/prepare.ts'
import { readProgram } from '../../packages/millrace/src/program/program.ts'
import type { StageKind } from '../../packages/runner/src/index.ts'
import { openStore } from '../../packages/store/src/index.ts'

/** Where a pipeline of a test is run, and the kind of stages that it has besides those of Millrace. */
interface Place {
  /** The file of the test. */
  readonly entry: string
  readonly store: string
  readonly code: KindCode
  readonly kind: StageKind
}

/** Runs a pipeline here with a kind of stages that only the test knows. */
export async function runWithKind(
  pipeline: AnyPipeline,
  { entry, store, code, kind }: Place,
  input: object,
): Promise<RunOutcome & { readonly events: readonly Event[] }> {
  const program = readProgram(pipeline)
  const prepared = await prepareProgram(program, {
    entry,
    store: openStore(store),
    importModule: (url) => import(url),
    given: (problems) => givenInput(input, program.name, program.graph.input, problems),
    kinds: [code],
  })
  const events: Event[] = []
  const runtime = localRuntimeOf(prepared, { kinds: [kind] }, prepared.notices)
  const outcome = await runtime.run(prepared.plan, prepared.input, { onEvent: (event) => void events.push(event) })
  return { ...outcome, events }
}
