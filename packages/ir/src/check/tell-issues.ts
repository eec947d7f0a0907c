import { showPath } from '../json.ts'

/** What zod says is wrong about a value. */
export interface Issue {
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly code?: string
  /** Of a union: what is wrong by each alternative. */
  readonly errors?: readonly (readonly Issue[])[]
  readonly expected?: unknown
  /** What the value was there, where the schema was asked to tell. */
  readonly input?: unknown
}

/** Issues that are told; a value may have a million. */
const most = 5

/** What a schema refused, in one line; of a union what the alternative says that is nearest. */
export function tellIssues(issues: readonly Issue[]): { readonly text: string; readonly path: string } {
  const lines = issues.slice(0, most).flatMap((issue) => linesOf(issue, [], 0))
  const told = lines.slice(0, most)
  if (issues.length > most) told.push(`and ${issues.length - most} more`)
  return { text: told.join('; '), path: showPath(issues[0]?.path ?? []) }
}

/** Unions within unions that are looked into. */
const deepest = 5

function linesOf(issue: Issue, before: readonly PropertyKey[], depth: number): string[] {
  const path = [...before, ...issue.path]
  const alternatives = issue.code === 'invalid_union' ? (issue.errors ?? []) : []
  if (alternatives.length === 0 || depth > deepest) return [line(path, issue.message, issue.input)]
  const types = wrongTypes(alternatives)
  if (types !== undefined) return [line(path, types, issue.input)]
  const nearest = nearestOf(alternatives)
  const inner = (alternatives[nearest] ?? []).flatMap((one) => linesOf(one, path, depth + 1))
  if (depth > 0) return inner
  const which = ` (by the ${ordinal(nearest + 1)} of ${alternatives.length} alternatives, the nearest)`
  return inner.map((text, i) => (i === inner.length - 1 ? `${text}${which}` : text))
}

function line(path: readonly PropertyKey[], message: string, input: unknown): string {
  const at = showPath(path)
  return `${at === '' ? '' : `${at}: `}${message}${simple(input, message)}`
}

/** Characters of a text that are told. */
const longest = 40

/** What it was, where that is short to tell and not told yet. */
function simple(input: unknown, message: string): string {
  if (typeof input === 'number' || typeof input === 'boolean')
    return message.endsWith(` received ${input}`) ? '' : ` (it is ${input})`
  if (typeof input !== 'string') return ''
  const text = input.length > longest ? `${input.slice(0, longest - 1).toWellFormed()}…` : input
  return ` (it is ${JSON.stringify(text)})`
}

/** `Invalid input: expected string or number, received null`, where the value is of no alternative's type. */
function wrongTypes(alternatives: readonly (readonly Issue[])[]): string | undefined {
  const types = new Set<string>()
  let received = ''
  for (const [issue, ...others] of alternatives) {
    if (!issue || others.length > 0 || issue.code !== 'invalid_type' || issue.path.length > 0) return undefined
    types.add(String(issue.expected))
    received = /, received .*$/.exec(issue.message)?.[0] ?? ''
  }
  return `Invalid input: expected ${[...types].join(' or ')}${received}`
}

/** The one that the value gets furthest with: whose type and literals it has, and which has the fewest complaints. */
function nearestOf(alternatives: readonly (readonly Issue[])[]): number {
  const scores = alternatives.map((issues) => [
    issues.filter(({ path, code }) => path.length === 0 && code === 'invalid_type').length,
    issues.filter(({ code }) => code === 'invalid_value').length,
    issues.length,
  ])
  let best = 0
  for (let i = 1; i < scores.length; i++) if (isLess(scores[i] as number[], scores[best] as number[])) best = i
  return best
}

function isLess(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((score, i) => score !== b[i])
  return at >= 0 && (a[at] as number) < (b[at] as number)
}

function ordinal(n: number): string {
  const teen = Math.floor(n / 10) % 10 === 1
  return `${n}${teen ? 'th' : ({ 1: 'st', 2: 'nd', 3: 'rd' }[n % 10] ?? 'th')}`
}
