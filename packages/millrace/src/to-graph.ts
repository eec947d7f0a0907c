import { DiagnosticError, type Graph } from '@millrace/ir'
import type { AnyPipeline } from '@millrace/sdk'
import { hasErrors, readProgram } from './program/program.ts'

/**
 * The Graph of a pipeline: what the author wrote, as plain data, the same on every machine.
 *
 * @param pipeline what `pipeline()` gave
 * @throws DiagnosticError with all that is wrong with the program
 */
export function toGraph(pipeline: AnyPipeline): Graph {
  const { graph, diagnostics } = readProgram(pipeline)
  if (hasErrors(diagnostics)) throw new DiagnosticError(diagnostics.filter((d) => d.severity === 'error'))
  return graph
}
