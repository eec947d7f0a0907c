import { trace } from '@millrace/sdk'
import { refuse } from '../../program/prepare.ts'
import { readProgram } from '../../program/program.ts'
import { compareTypes, foreignTypes, type TypesDifference, typeFiles, writeTypes } from '../../reports/type-files.ts'
import { shortPath } from '../../short-path.ts'
import { exitCodes } from '../support/exit.ts'
import { type Invocation, pickPipeline } from '../support/invocation.ts'
import type { TypesOptions } from '../support/options.ts'
import type { Report } from '../support/report.ts'
import { say } from '../support/say.ts'

/** `types`: writes the types of Python stages beside their scripts; with --check only says which are out of date. */
export async function typesCommand(invocation: Invocation, options: TypesOptions, report: Report): Promise<number> {
  const { pipeline } = options
  const chosen = pipeline === undefined ? invocation.pipelines : [pickPipeline(invocation, pipeline)]
  const programs = chosen.map(readProgram)
  const traced = programs.map((program) => program.traced)
  refuse(programs.flatMap(({ diagnostics }) => diagnostics))
  const others = invocation.pipelines.filter((one) => !chosen.includes(one)).map((one) => trace(one))
  const files = typeFiles(traced, [...traced, ...others])
  refuse(foreignTypes(files))
  const differences = compareTypes(files)
  if (!options.check) writeTypes(files, differences)
  tell([...files.keys()], differences, options, report)
  return options.check && differences.length > 0 ? exitCodes.usage : exitCodes.ok
}

function tell(
  files: readonly string[],
  differences: readonly TypesDifference[],
  { check = false }: TypesOptions,
  report: Report,
): void {
  if (report.json) return report.value({ files, differences })
  for (const { path, how } of differences)
    report.out(check ? `${how === 'missing' ? 'missing' : 'differs'} ${shortPath(path)}` : shortPath(path))
  if (files.length === 0) return say('no pipeline here calls a stage in Python')
  const count = (how: TypesDifference['how']) => differences.filter((difference) => difference.how === how).length
  if (!check) return say(`${counted(files.length)}: ${count('missing')} new, ${count('changed')} changed`)
  if (differences.length === 0) return say('the types for Python are up to date')
  say('the types for Python differ from the program: run types again and commit the result')
}

const counted = (n: number): string => `${n} ${n === 1 ? 'file' : 'files'}`
