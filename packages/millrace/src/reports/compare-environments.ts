import {
  type ClusterEnvironment,
  type Description,
  declaredBy,
  describeEnvironment,
  describeStage,
  type Environment,
  inlinePipelines,
  secretIn,
  storageClass,
  storageClassFrom,
} from '@millrace/compiler'
import {
  canonical,
  digestBytes,
  type Json,
  optionsOf,
  type Plan,
  type PlanStage,
  type Resources,
  type Schema,
} from '@millrace/ir'
import { shortfallOf } from '@millrace/runtime-local'
import type { Program } from '../program/program.ts'

/** One way in which two environments differ. */
export interface EnvironmentDifference {
  /** The calls that it is of; `null` where it is of the whole pipeline. */
  readonly stages: readonly string[] | null
  readonly what: string
  /** `null` where it is not there. */
  readonly a: string | null
  readonly b: string | null
  /** The settings of millrace.config.ts that declare it. */
  readonly settings: readonly string[]
}

/** One environment's view of a part of the program, and which setting one of its texts is from. */
interface Side {
  readonly a: Description
  readonly b: Description
  settings(what: string): readonly string[]
}

export interface EnvironmentDifferences {
  /** How many calls the program has. */
  readonly calls: number
  readonly differences: readonly EnvironmentDifference[]
}

/** All that differs for a program between two environments: of the pipeline, then of its calls, alike ones together. */
export function compareEnvironments(program: Program, a: Environment, b: Environment): EnvironmentDifferences {
  const plan = inlinePipelines(program.graph)
  const calls = plan.nodes.filter((node) => node.kind === 'stage')
  const byText = new Map<string, { readonly difference: EnvironmentDifference; readonly stages: string[] }>()
  const known = new Map<string, readonly EnvironmentDifference[]>()
  for (const call of calls) {
    const { resources } = optionsOf(plan, call)
    const kind = canonical([call.stage, resources as Json])
    const own = known.get(kind) ?? [
      ...differences([], sides(a, b, stageViews(resources))),
      ...differences([], variablesOf(plan, call, a, b)),
    ]
    known.set(kind, own)
    for (const difference of own) {
      const text = JSON.stringify(difference)
      const before = byText.get(text)
      if (before) before.stages.push(call.id)
      else byText.set(text, { difference, stages: [call.id] })
    }
  }
  const ofCalls = [...byText.values()].map(({ difference, stages }) => ({ ...difference, stages }))
  return {
    calls: calls.length,
    differences: [
      ...differences(null, parametersOf(program, a, b)),
      ...differences(null, sides(a, b, pipelineViews)),
      // what all have alike comes first
      ...ofCalls.sort((one, other) => other.stages.length - one.stages.length),
    ],
  }
}

function* differences(stages: readonly string[] | null, { a, b, settings }: Side): Iterable<EnvironmentDifference> {
  // what does not fit has nothing else to say
  const names = a.get('fits') === b.get('fits') ? new Set([...a.keys(), ...b.keys()]) : ['fits']
  for (const what of names) {
    const [one, other] = [a.get(what), b.get(what)]
    if (one !== other) yield { stages, what, a: shown(one), b: shown(other), settings: settings(what) }
  }
}

const shown = (text: string | undefined): string | null => {
  if (text === undefined) return null
  const secret = secretIn(text)
  return secret === undefined ? text : `${secret}, not shown`
}

const isCluster = (environment: Environment): environment is ClusterEnvironment => environment.preset !== 'laptop'

/** What one part of a program is, in an environment of either kind. */
interface Views {
  cluster(environment: ClusterEnvironment): Description
  /** What of it is worth a look beside a laptop. */
  readonly mainly: readonly string[]
  laptop(): Description
}

const pipelineViews: Views = {
  cluster: describeEnvironment,
  mainly: ['namespace', 'store', 'queue'],
  laptop: () => new Map([['store', 'a folder of this machine']]),
}

const stageViews = (resources: Resources): Views => ({
  cluster: (environment) => describeStage(resources, environment),
  mainly: ['fits', 'image'],
  laptop() {
    const cut = shortfallOf(resources)
    return new Map([['fits', 'yes'], ...(cut.length > 0 ? [['less than asked for', cut.join(', ')] as const] : [])])
  },
})

/** Of two clusters, or of a cluster and this machine. */
function sides(a: Environment, b: Environment, { cluster, mainly, laptop }: Views): Side {
  const both = isCluster(a) && isCluster(b)
  const of = (environment: Environment): Description =>
    isCluster(environment)
      ? new Map([...cluster(environment)].filter(([what]) => both || mainly.includes(what)))
      : laptop()
  return {
    a: of(a),
    b: of(b),
    settings: (what) => settingsOf(what, a, b, cluster),
  }
}

function settingsOf(what: string, a: Environment, b: Environment, view: Views['cluster']): readonly string[] {
  if (!isCluster(a) || !isCluster(b)) return Object.hasOwn(isCluster(a) ? a : b, what) ? [what] : []
  // it was settled when the environment was made
  if (what === storageClass)
    return [...new Set([storageClassFrom(a), storageClassFrom(b)])].filter((setting) => setting !== undefined)
  return declaredBy(a, b, (environment) => view(environment).get(what))
}

/** What `parameters` declares, over the defaults of the schema. */
function parametersOf({ name, graph }: Program, a: Environment, b: Environment): Side {
  const fields = (graph.input.properties ?? {}) as { readonly [field: string]: Schema }
  const of = (environment: Environment): Description => {
    const { parameters = {} } = isCluster(environment) ? environment : {}
    const declared = Object.hasOwn(parameters, name) ? parameters[name] : {}
    return new Map(
      Object.entries({ ...defaultsOf(fields), ...declared }).map(([field, value]) => [
        `parameter ${field}`,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
    )
  }
  return { a: of(a), b: of(b), settings: (what) => [`parameters.${name}.${what.slice('parameter '.length)}`] }
}

const defaultsOf = (fields: { readonly [field: string]: Schema }): { readonly [field: string]: Json } =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([field, schema]) =>
      schema.default === undefined ? [] : [[field, schema.default as Json]],
    ),
  )

/** What `inherit()` gives a stage. What is this machine's own is told by its digest. */
function variablesOf(plan: Plan, call: PlanStage, a: Environment, b: Environment): Side {
  const of = (environment: Environment, other: Environment): Description =>
    new Map(
      Object.entries(plan.stages[call.stage]?.env ?? {}).flatMap(([name, value]) => {
        if (!('inherit' in value)) return []
        const given = givenIn(environment, name)
        const told = given === undefined || isCluster(environment) || given === givenIn(other, name)
        const text = told ? (given ?? value.default) : digestBytes(given)
        return text === undefined ? [] : [[`variable ${name}`, text] as const]
      }),
    )
  return { a: of(a, b), b: of(b, a), settings: (what) => [`env.${what.slice('variable '.length)}`] }
}

function givenIn(environment: Environment, name: string): string | undefined {
  const given: { readonly [name: string]: string | undefined } = isCluster(environment)
    ? (environment.env ?? {})
    : process.env
  return Object.hasOwn(given, name) ? given[name] : undefined
}
