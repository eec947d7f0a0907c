import { targets } from '@millrace/compiler'
import { DiagnosticError, didYouMean, hint, nowhere } from '@millrace/ir'
import type { AnyPipeline } from '@millrace/sdk'

/** A program on its way through a command. */
export interface Invocation {
  readonly pipelines: readonly AnyPipeline[]
  readonly entry: string
  readonly arguments: readonly string[]
}

/** A mistake in how a command was written. */
export const usage = (message: string, fix: string): DiagnosticError =>
  new DiagnosticError([{ code: 'usage', severity: 'error', message, at: nowhere, fix }])

/** Where a program may run, or be written for. */
const places: readonly string[] = ['local', ...Object.keys(targets)]

/** A target that there is not, or not yet; `usual`: the one that the command has. */
export const unknownTarget = (target: string, usual: string): DiagnosticError =>
  new DiagnosticError([
    {
      code: 'unknown-target',
      severity: 'error',
      message: `there is no target "${target}"${hint(target, places)}`,
      at: nowhere,
      fix: `Use --target ${didYouMean(target, places) ?? usual}.`,
    },
  ])

/** The pipeline that `--pipeline` names, else the first. */
export function pickPipeline(invocation: Invocation, name: string | undefined): AnyPipeline {
  const names = invocation.pipelines.map((pipeline) => pipeline.name)
  const found = name === undefined ? invocation.pipelines[0] : invocation.pipelines.find((p) => p.name === name)
  if (found) return found
  throw new DiagnosticError([
    {
      code: 'unknown-pipeline',
      severity: 'error',
      message: `the program has no pipeline "${name}"${hint(name ?? '', names)}`,
      at: nowhere,
      fix: `Use one of: ${names.join(', ')}.`,
    },
  ])
}
