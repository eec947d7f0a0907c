import { readingOf, refuse } from '../../program/prepare.ts'
import { checkSource, readProgram } from '../../program/program.ts'
import { drawDot } from '../../reports/dot.ts'
import { drawMermaid } from '../../reports/mermaid.ts'
import { sortedJson } from '../../reports/sorted-json.ts'
import { exitCodes } from '../support/exit.ts'
import { type Invocation, pickPipeline } from '../support/invocation.ts'
import type { CommonOptions } from '../support/options.ts'
import { loadedFrom } from '../support/prepared.ts'
import type { Report } from '../support/report.ts'

export async function graphCommand(
  invocation: Invocation,
  options: CommonOptions & { readonly format: 'mermaid' | 'dot' | 'json' },
  report: Report,
): Promise<number> {
  const program = readProgram(pickPipeline(invocation, options.pipeline))
  const { graph } = program
  refuse([...program.diagnostics, ...(await checkSource(program, readingOf(loadedFrom(invocation))))])
  const format = report.json ? 'json' : options.format
  report.out(format === 'json' ? sortedJson(graph) : format === 'dot' ? drawDot(graph) : drawMermaid(graph))
  return exitCodes.ok
}
