import { drawDot } from '../../program/dot.ts'
import { drawMermaid } from '../../program/mermaid.ts'
import { readingOf, refuse } from '../../program/prepare.ts'
import { checkSource, readProgram } from '../../program/program.ts'
import { sortedJson } from '../../program/sorted-json.ts'
import { exitCodes } from '../exit.ts'
import { type Invocation, pickPipeline } from '../invocation.ts'
import type { CommonOptions } from '../parser.ts'
import { loadedFrom } from '../prepared.ts'
import type { Report } from '../report.ts'

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
