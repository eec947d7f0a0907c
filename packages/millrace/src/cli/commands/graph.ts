import { DiagnosticError } from '@millrace/ir'
import { drawDot, drawMermaid } from '../../program/draw.ts'
import { hasErrors, readProgram } from '../../program/program.ts'
import { sortedJson } from '../../program/sorted-json.ts'
import { exitCodes } from '../exit.ts'
import { type Invocation, pickPipeline } from '../invocation.ts'
import type { CommonOptions } from '../parser.ts'
import type { Report } from '../report.ts'

export async function graphCommand(
  invocation: Invocation,
  options: CommonOptions & { readonly format: 'mermaid' | 'dot' | 'json' },
  report: Report,
): Promise<number> {
  const { graph, diagnostics } = readProgram(pickPipeline(invocation, options.pipeline))
  if (hasErrors(diagnostics)) throw new DiagnosticError(diagnostics.filter((d) => d.severity === 'error'))
  const format = report.json ? 'json' : options.format
  report.out(format === 'json' ? sortedJson(graph) : format === 'dot' ? drawDot(graph) : drawMermaid(graph))
  return exitCodes.ok
}
