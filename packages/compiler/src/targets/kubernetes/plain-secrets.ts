import {
  type Binding,
  bindingsOf,
  type Diagnostic,
  isObject,
  type Json,
  type PlanNode,
  type PlanStageSpec,
  showPath,
} from '@millrace/ir'
import type { TargetProgram } from '../target.ts'

/** What nothing but a key or token looks like: a wrong warning would teach people to pass over them. */
const kinds: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['a private key', /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----/],
  ['an access key of AWS', /(?<![A-Za-z0-9])A[KS]IA[A-Z2-7]{16}(?![A-Za-z0-9])/],
  ['a token of GitHub', /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59})\b/],
  ['a token of GitLab', /\bgl(?:pat|dt|rt|ptt|oas|soat|ft|agent)-[A-Za-z0-9_-]{20,}/],
  [
    'a token of Slack',
    /\bxox[abeprs]-(?:\d-)?[A-Za-z0-9]{8,}-[A-Za-z0-9-]{16,}|\bxapp-\d-[A-Z0-9]{8,}-\d+-[a-z0-9]{32,}/,
  ],
  ['a token of Hugging Face', /\b(?:hf_[A-Za-z]{34}|api_org_[A-Za-z]{34})\b/],
  ['an API key of Anthropic', /\bsk-ant-[a-z]+\d\d-[A-Za-z0-9_-]{80,}/],
]

/** A key of OpenAI: its sign, with at least 20 characters after `sk-` before it, and 20 after it. */
function isOpenAi(run: string): boolean {
  const start = run.search(/(?<![A-Za-z0-9_])sk-/)
  return start >= 0 && run.lastIndexOf('T3BlbkFJ', run.length - 28) >= start + 23
}

/** The head of a JSON Web Token: JSON in base64. */
function isWebToken(token: string): boolean {
  const head = token.slice(0, token.indexOf('.'))
  const start = head.search(/(?<![A-Za-z0-9_])eyJ/)
  return start >= 0 && head.length - start >= 13
}

/**
 * Kinds for which a pattern alone would search again from each `sk-` of a text: each run of allowed characters is
 * found once, and then tested by a function.
 */
const looked: readonly (readonly [what: string, run: RegExp, is: (run: string) => boolean])[] = [
  ['an API key of OpenAI', /(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{51,}/g, isOpenAi],
  ['a JSON Web Token', /(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{13,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}/g, isWebToken],
]

/** What a text has of a secret; undefined where it has none. */
export function secretIn(text: string): string | undefined {
  if (text.length < 20) return undefined
  const known = kinds.find(([, pattern]) => pattern.test(text))
  if (known) return known[0]
  return looked.find(([, run, is]) => [...text.matchAll(run)].some(([found]) => is(found)))?.[0]
}

/** Keys and tokens that would stand in manifests, which are committed, for everybody to read. None is printed. */
export function findPlaintextSecrets({ plan, input, at }: Pick<TargetProgram, 'plan' | 'input' | 'at'>): Diagnostic[] {
  const found: Diagnostic[] = []
  const warn = (node: string, path: string, where: string, what: string): void => {
    const message = `${where} looks like ${what}, and stands in the manifests in clear text`
    if (found.some((one) => one.message === message)) return
    found.push({
      code: 'secret-in-clear',
      severity: 'warning',
      message,
      at: { ...at(node), path },
      fix: `Keep it in a Secret of the cluster, and give it to the stage that needs it by env: { NAME: secret('name', 'key') }.`,
    })
  }
  const given = new Set<string>()
  for (const { path, text, what } of secrets(input, [])) {
    given.add(text)
    warn('', showPath(path), `the parameter "${showPath(path)}" of pipeline "${plan.pipeline}"`, what)
  }
  const defaults = (node: string, whose: string, schema: Json): void => {
    for (const { path, text, what } of secrets(schema, []))
      if (!given.has(text)) warn(node, showPath(path), `"${showPath(path)}" of the ${whose}`, what)
  }
  defaults('', `input schema of pipeline "${plan.pipeline}"`, plan.input as Json)
  const stages = new Set<string>()
  for (const node of plan.nodes) {
    for (const { path, what } of literals(node))
      warn(
        node.id,
        showPath(path),
        `what "${node.id.replace(/:input\./, '.')}" is given${path.length > 0 ? ` for "${showPath(path)}"` : ''}`,
        what,
      )
    if (node.kind !== 'stage' || stages.has(node.stage)) continue
    stages.add(node.stage)
    const { name, env = {}, input, output } = plan.stages[node.stage] as PlanStageSpec
    for (const [variable, value] of Object.entries(env)) {
      const what = 'value' in value ? secretIn(value.value) : undefined
      if (what !== undefined) warn(node.id, `env.${variable}`, `the variable ${variable} of stage "${name}"`, what)
    }
    defaults(node.id, `input schema of stage "${name}"`, input as Json)
    defaults(node.id, `output schema of stage "${name}"`, output as Json)
  }
  for (const { path, what } of plan.result ? inBinding(plan.result, []) : [])
    warn('', showPath(path), `"${showPath(path)}" of what pipeline "${plan.pipeline}" returns`, what)
  return found
}

interface Secret {
  readonly path: readonly (string | number)[]
  readonly text: string
  readonly what: string
}

function* literals(node: PlanNode): Iterable<Secret> {
  for (const binding of bindingsOf(node)) yield* inBinding(binding, [])
}

function* inBinding(binding: Binding, path: Secret['path']): Iterable<Secret> {
  if ('value' in binding) yield* secrets(binding.value, path)
  else if ('items' in binding) for (const [i, item] of binding.items.entries()) yield* inBinding(item, [...path, i])
  else if ('fields' in binding)
    for (const [key, field] of Object.entries(binding.fields)) yield* inBinding(field, [...path, key])
}

function* secrets(value: Json, path: Secret['path']): Iterable<Secret> {
  if (typeof value === 'string') {
    const what = secretIn(value)
    if (what !== undefined) yield { path, text: value, what }
  } else if (Array.isArray(value)) for (const [i, item] of value.entries()) yield* secrets(item as Json, [...path, i])
  else if (isObject(value))
    for (const [key, field] of Object.entries(value)) yield* secrets(field as Json, [...path, key])
}
