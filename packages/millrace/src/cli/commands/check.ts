import { checkImage, targets } from '@millrace/compiler'
import { type Diagnostic, formatDiagnostic, isDiagnosticError, nowhere, type Plan } from '@millrace/ir'
import { shortfalls } from '@millrace/runtime-local'
import { type NamedEnvironment, readEnvironments } from '../../program/environments.ts'
import { resourceDiagnostics } from '../../program/local-runtime.ts'
import { refuse } from '../../program/prepare.ts'
import { hasErrors } from '../../program/program.ts'
import { exitCodes, exitOf } from '../support/exit.ts'
import type { Invocation } from '../support/invocation.ts'
import type { CommonOptions, ParameterOptions } from '../support/options.ts'
import { compileFor, prepare } from '../support/prepared.ts'
import type { Report } from '../support/report.ts'
import { say } from '../support/say.ts'

/** What there is to say of a program in one environment. */
interface Fit {
  readonly environment: string
  readonly fits: boolean
  /** Calls of the program; `null` where errors hide them. */
  readonly stages: number | null
  /** Calls that get less than they ask for. */
  readonly cut: number
  readonly problems: readonly Diagnostic[]
}

/** `check`: whether the program fits each environment, a line each; what is wrong is told once, with the nearest fit. */
export async function checkCommand(
  invocation: Invocation,
  options: CommonOptions & ParameterOptions,
  report: Report,
): Promise<number> {
  const problems: Diagnostic[] = []
  const { environment } = options
  const names = environment === undefined ? undefined : [environment]
  const environments = await readEnvironments(invocation.entry, names, problems)
  refuse(problems)
  const fits: Fit[] = []
  for (const named of environments) fits.push(await fitOf(invocation, options, named))
  if (report.json) report.value({ environments: fits })
  else for (const line of table(fits)) report.out(line)
  report.errors(once(fits.flatMap((fit) => fit.problems)))
  const misfits = fits.filter((fit) => !fit.fits)
  const sum = misfits.length === 0 ? 'the program fits' : `the program does not fit ${misfits.length} of`
  say(`${sum} ${fits.length} ${fits.length === 1 ? 'environment' : 'environments'}`)
  return misfits.length === 0 ? exitCodes.ok : exitCodes.usage
}

async function fitOf(
  invocation: Invocation,
  options: CommonOptions & ParameterOptions,
  { name, environment, file = '' }: NamedEnvironment,
): Promise<Fit> {
  const problems: Diagnostic[] = []
  let plan: Plan | undefined
  let cut = 0
  try {
    if (environment.preset === 'laptop') {
      const prepared = await prepare(invocation, { ...options, environment: name })
      plan = prepared.plan
      cut = shortfalls(plan).filter((at) => at.cut.length > 0).length
      problems.push(...prepared.notices, ...resourceDiagnostics(prepared.program, plan, false))
    } else {
      problems.push(...checkImage(name, environment, file))
      const chosen = { name, environment, file }
      const compiled = await compileFor(invocation, options, { target: targets.kubernetes, chosen })
      plan = compiled.prepared.plan
      problems.push(...compiled.diagnostics)
    }
  } catch (error) {
    // a store that fails says nothing of an environment
    if (!isDiagnosticError(error) || exitOf(error.diagnostics) !== exitCodes.usage) throw error
    problems.push(...error.diagnostics)
  }
  const stages = plan?.nodes.filter(({ kind }) => kind === 'stage').length ?? null
  return { environment: name, fits: !hasErrors(problems), stages, cut, problems }
}

/** Calls that are named in a line. */
const named = 5

/** Most of what is wrong with a program is wrong in every environment, and of one stage in each of its calls. */
function once(problems: readonly Diagnostic[]): Diagnostic[] {
  const groups = new Map<string, Diagnostic[]>()
  for (const problem of problems) {
    const { at, message } = problem
    const cause = formatDiagnostic({ ...problem, at: { ...nowhere }, message: withoutName(message, at.node) })
    const group = groups.get(cause)
    if (!group) groups.set(cause, [problem])
    else if (group.every((other) => other.at.node !== at.node)) group.push(problem)
  }
  return [...groups.values()].map(([first, ...others]) => {
    if (others.length === 0) return first as Diagnostic
    const more = others.slice(0, named).map(({ at }) => `"${at.node}"`)
    const left = others.length > more.length ? ` and ${others.length - more.length} more` : ''
    return { ...(first as Diagnostic), message: `${first?.message}; the same goes for ${more.join(', ')}${left}` }
  })
}

const withoutName = (message: string, node: string | null): string =>
  node === null ? message : message.replaceAll(`"${node}"`, '""')

function table(fits: readonly Fit[]): string[] {
  const width = Math.max(...fits.map(({ environment }) => environment.length))
  return fits.map(({ environment, fits, stages, cut, problems }) => {
    const said = fits ? `fits          ${count(stages ?? 0, 'stage')}` : `does not fit  ${culprits(problems)}`
    return `${environment.padEnd(width)}  ${said}${cut > 0 ? `, ${cut} with less than asked for` : ''}`
  })
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`

/** The calls that errors are of; where they are of none, their codes. */
function culprits(problems: readonly Diagnostic[]): string {
  const errors = problems.filter(({ severity }) => severity === 'error')
  const calls = [...new Set(errors.map(({ code, at }) => at.node ?? code))]
  return calls.slice(0, named).join(', ') + (calls.length > named ? ` and ${calls.length - named} more` : '')
}
