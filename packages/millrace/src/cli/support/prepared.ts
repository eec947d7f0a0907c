import { openStore, type Store } from '@millrace/store'
import { readParameters } from '../../program/parameters/parameters.ts'
import { storeFolder } from '../../program/place.ts'
import { type Prepared, type Preparing, prepareProgram } from '../../program/prepare.ts'
import { readProgram } from '../../program/program.ts'
import type { CommonOptions, ParameterOptions } from '../parser.ts'
import { checkEnvironment } from './environment.ts'
import { type Invocation, pickPipeline } from './invocation.ts'

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
      await checkEnvironment(invocation.entry, environment, problems)
      return readParameters(program.name, program.graph.input, { param, params }, problems)
    },
  })
}

/** A command's program is read as it was loaded. */
export const loadedFrom = ({ entry }: Invocation): Pick<Preparing, 'entry' | 'importModule'> => ({
  entry,
  importModule: (url) => import(url) as Promise<Readonly<Record<string, unknown>>>,
})

export const sourceOf = (invocation: Invocation, store: Store): Omit<Preparing, 'given'> => ({
  ...loadedFrom(invocation),
  store,
})
