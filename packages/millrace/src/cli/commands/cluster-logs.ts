import { type Diagnostic, DiagnosticError, hint } from '@millrace/ir'
import { ClusterError, podLogs } from '@millrace/runtime-kubernetes'
import { chooseEnvironment } from '../../program/environments.ts'
import { readProgram } from '../../program/program.ts'
import { chosenCluster, refused } from '../support/cluster-access.ts'
import { exitCodes } from '../support/exit.ts'
import { isRunId } from '../support/find-run.ts'
import { type Invocation, pickPipeline, usage } from '../support/invocation.ts'
import type { CommonOptions } from '../support/options.ts'
import type { Report } from '../support/report.ts'
import { say } from '../support/say.ts'
import { plainLine } from '../support/terminal.ts'

/** `runs logs [stage] --environment e`: what the pods of a cluster have printed, as long as it keeps them. */
export async function clusterLogsCommand(
  invocation: Invocation,
  options: CommonOptions & { readonly environment: string },
  [stage, more]: readonly (string | undefined)[],
  report: Report,
): Promise<number> {
  if (stage !== undefined && (isRunId(stage) || more !== undefined))
    throw usage(
      'a cluster keeps logs by pod, not by run',
      `Give the stage alone: runs logs train --environment ${options.environment}.`,
    )
  const program = readProgram(pickPipeline(invocation, options.pipeline))
  const names = [...new Set(Object.values(program.graph.stages).map(({ name }) => name))]
  if (stage !== undefined && !names.includes(stage)) throw unknownStage(program.name, stage, names)
  const problems: Diagnostic[] = []
  const chosen = await chooseEnvironment(invocation.entry, options.environment, problems)
  if (!chosen) throw new DiagnosticError(problems)
  const { namespace } = chosen.environment
  const selection = { namespace, pipeline: program.name, ...(stage === undefined ? {} : { stage }) }
  let pods = 0
  try {
    for await (const { host, text } of podLogs(chosenCluster(), selection)) {
      pods++
      const lines = text.replace(/\n$/, '').split('\n')
      if (text !== '') report.out(lines.map((line) => `${host} | ${plainLine(line)}`).join('\n'))
    }
  } catch (error) {
    if (error instanceof ClusterError) throw refused(error, namespace)
    throw error
  }
  if (pods === 0) say(`no pod of ${stage ?? program.name} is in the namespace ${namespace}`)
  return exitCodes.ok
}

const unknownStage = (pipeline: string, stage: string, names: readonly string[]): DiagnosticError =>
  new DiagnosticError([
    {
      code: 'unknown-stage',
      severity: 'error',
      message: `the pipeline "${pipeline}" has no stage "${stage}"${hint(stage, names)}`,
      at: { pipeline, node: null },
      fix: `Use one of: ${names.slice(0, 20).join(', ')}.`,
    },
  ])
