import type { Diagnostic } from '@millrace/ir'
import { openStore, type Store } from '@millrace/store'
import {
  type ChosenEnvironment,
  type CompiledProgram,
  type CompileRequest,
  compileProgram,
} from '../../program/compile-program.ts'
import { checkEnvironment, chooseEnvironment } from '../../program/environments.ts'
import { withDeclared } from '../../program/parameters/declared-parameters.ts'
import { readParameters } from '../../program/parameters/parameters.ts'
import { storeFolder } from '../../program/place.ts'
import { type Prepared, type Preparing, prepareProgram, refuse } from '../../program/prepare.ts'
import { readProgram } from '../../program/program.ts'
import { type Invocation, pickPipeline } from './invocation.ts'
import type { CommonOptions, ParameterOptions } from './options.ts'
import { say } from './say.ts'

/**
 * Everything between the words of a command and a Plan.
 *
 * @param anew called before code is read that was not known from an earlier time
 * @throws DiagnosticError with all that is wrong
 */
export async function prepare(
  invocation: Invocation,
  options: CommonOptions & ParameterOptions,
  anew?: () => void,
): Promise<Prepared> {
  const program = readProgram(pickPipeline(invocation, options.pipeline))
  const { param, params, environment } = options
  return prepareProgram(program, {
    ...sourceOf(invocation, openStore(storeFolder(options.store, invocation.entry))),
    ...(anew ? { anew } : {}),
    async given(problems) {
      const isCluster = await checkEnvironment(invocation.entry, environment, problems)
      if (isCluster) say(`"${environment}" is a cluster: what runs on this machine takes nothing from it`)
      return readParameters(program.name, program.graph.input, { param, params }, problems)
    },
  })
}

/** A command's program is read as it was loaded. */
export const loadedFrom = ({ entry }: Invocation): Pick<Preparing, 'entry' | 'importModule'> => ({
  entry,
  importModule: (url) => import(url) as Promise<Readonly<Record<string, unknown>>>,
})

const sourceOf = (invocation: Invocation, store: Store): Omit<Preparing, 'given'> => ({
  ...loadedFrom(invocation),
  store,
})

/**
 * The environment of a cluster that a command is for.
 *
 * @param name as `--environment` gives it
 * @throws DiagnosticError where there is none, or more than one
 */
export async function chosenEnvironment(invocation: Invocation, name: string | undefined): Promise<ChosenEnvironment> {
  const problems: Diagnostic[] = []
  const chosen = await chooseEnvironment(invocation.entry, name, problems)
  refuse(problems)
  if (!chosen) throw new Error('no environment and no problem')
  return chosen
}

/**
 * Everything between the words of a command and what a target writes.
 *
 * @throws DiagnosticError with all that is wrong
 */
export function compileFor(
  invocation: Invocation,
  options: CommonOptions & ParameterOptions,
  { target, chosen, policy }: Pick<CompileRequest, 'target' | 'chosen' | 'policy'>,
): Promise<CompiledProgram> {
  const program = readProgram(pickPipeline(invocation, options.pipeline))
  const { param, params } = options
  return compileProgram(program, {
    ...sourceOf(invocation, openStore(storeFolder(options.store, invocation.entry))),
    async given(wrong) {
      const given = await readParameters(program.name, program.graph.input, { param, params }, wrong)
      return chosen ? withDeclared(program, chosen, given, wrong) : given
    },
    target,
    chosen,
    policy: policy === true,
  })
}
