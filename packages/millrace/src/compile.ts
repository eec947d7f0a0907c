import { type ClusterEnvironment, targets as ours, printFiles, type Target } from '@millrace/compiler'
import { type Diagnostic, DiagnosticError, didYouMean, hint, type Plan } from '@millrace/ir'
import type { AnyPipeline, InputOf, Plain } from '@millrace/sdk'
import { openStore } from '@millrace/store'
import type { ChosenEnvironment } from './program/compile-program.ts'
import { givenInput } from './program/given-input.ts'
import { storeFolder } from './program/place.ts'
import { refuse } from './program/prepare.ts'
import { readProgram } from './program/program.ts'
import { runningModules } from './program/running-modules.ts'

/** What `compile` compiles for. */
export interface CompileSettings<P extends AnyPipeline> {
  /** Name of the target. Default `kubernetes`. */
  readonly target?: string
  /** The targets that there are, by name. Default those of Millrace. */
  readonly targets?: Readonly<Record<string, Target>>
  /**
   * The environment, or its name in `millrace.config.ts`. Default the only one of a cluster there; a target that needs
   * no cluster takes none.
   */
  readonly environment?: string | ClusterEnvironment
  /** As the pipeline's schema takes it; a file or folder is a path, from the current folder. Default `{}`. */
  readonly input?: Plain<InputOf<P>>
  /** Folder of the store, which knows what packages held. Default as that of `run`. */
  readonly store?: string
  /** Whether the policy that fences the driver is written too. Default false. */
  readonly policy?: boolean
}

/** A compiled pipeline. */
export interface Compiled {
  /** The program, ready to run. */
  readonly plan: Plan
  /** What the target writes: texts by path relative to a folder, with `/`. */
  readonly files: ReadonlyMap<string, string>
  /** Notices and warnings. */
  readonly notices: readonly Diagnostic[]
}

/**
 * Compiles a pipeline for a target, and writes nothing.
 *
 * @param pipeline what `pipeline()` gave
 * @param settings target, environment and parameters
 * @throws DiagnosticError with all that is wrong with the program, its input or the environment
 */
export async function compile<P extends AnyPipeline>(
  pipeline: P,
  settings: CompileSettings<P> = {},
): Promise<Compiled> {
  const { target: name = 'kubernetes', policy = false, input = {} } = settings
  const targets: Readonly<Record<string, Target>> = settings.targets ?? ours
  const target = Object.hasOwn(targets, name) ? targets[name] : undefined
  if (!target) throw new DiagnosticError([unknown(pipeline.name, name, Object.keys(targets))])
  const program = readProgram(pipeline)
  const entry = program.traced.definition.at().file
  const chosen = target.needsCluster ? await chosenFor(entry, settings.environment) : undefined
  const { compileProgram } = await import('./program/compile-program.ts')
  const { withDeclared } = await import('./program/parameters/declared-parameters.ts')
  const store = openStore(storeFolder(settings.store, entry))
  try {
    const { prepared, files, diagnostics } = await compileProgram(program, {
      entry,
      store,
      importModule: runningModules(program),
      given(problems) {
        const given = givenInput(input, program.name, program.graph.input, problems)
        return chosen ? withDeclared(program, chosen, given, problems) : given
      },
      target,
      chosen,
      policy,
    })
    return { plan: prepared.plan, files: await printFiles(files), notices: diagnostics }
  } finally {
    store.close()
  }
}

async function chosenFor(
  entry: string | undefined,
  environment: string | ClusterEnvironment | undefined,
): Promise<ChosenEnvironment> {
  if (typeof environment === 'object') return { name: environment.preset, environment, file: entry ?? '' }
  const { chooseEnvironment } = await import('./program/environments.ts')
  const problems: Diagnostic[] = []
  const chosen = await chooseEnvironment(entry ?? process.cwd(), environment, problems)
  refuse(problems)
  if (!chosen) throw new Error('no environment and no problem')
  return chosen
}

const unknown = (pipeline: string, name: string, known: readonly string[]): Diagnostic => ({
  code: 'unknown-target',
  severity: 'error',
  message: `there is no target "${name}"${hint(name, known)}`,
  at: { pipeline, node: null },
  fix: `Use the target ${didYouMean(name, known) ?? known.join(', ')}.`,
})
