import { pathToFileURL } from 'node:url'
import type { Diagnostic } from '@millrace/ir'
import { Packages, packageName } from '../modules/packages.ts'
import { languageOf } from '../modules/read-module.ts'
import { Resolver } from '../modules/resolve-import.ts'
import { isOwnPackage } from '../parse/millrace-names.ts'
import { type Analysis, analyse, lookup } from '../parse/scopes.ts'
import { places } from '../parse/syntax.ts'
import { Evidence } from '../toolchain/evidence.ts'
import { importOrNothing, type Namespace, valueAt } from '../toolchain/namespaces.ts'
import { loadTools, type Tools } from '../toolchain/tools.ts'
import type { BuildSite, CheckOptions, Findings, Question } from './build-site.ts'
import { BuildValues } from './build-values.ts'
import { eachBodies, findBuild } from './find-build.ts'
import { type RefUse, refUses } from './ref-uses.ts'
import { SourceIndex } from './source-index.ts'

/** Looks into the builds of one file; see `checkBuilds`. */
export async function findInBuilds(
  file: string,
  text: string,
  sites: readonly BuildSite[],
  options: CheckOptions,
): Promise<Findings> {
  const tools = await loadTools()
  const parsed = tools.parseSync(file, text, { lang: languageOf(file), preserveParens: false })
  if (parsed.errors.some(({ severity }) => severity === 'Error')) return { diagnostics: [], questions: [] }
  const analysis = analyse(parsed.program)
  const index = new SourceIndex(analysis, file)
  const modules = await importAll(file, analysis, tools, options)
  const questions = new Map<string, Question>()
  const values = new BuildValues(index, ({ from, path }) => {
    const url = modules.urls.get(from)
    if (url === undefined) return false
    const callable = options.isCallable(valueAt(modules.namespaces.get(url) ?? {}, path))
    questions.set(JSON.stringify([url, path]), { url, path, callable })
    return callable
  })
  const place = places(text)
  const builds = sites.flatMap((site) =>
    findBuild(site, index, place).flatMap((expression) => {
      const build = values.functionOf(expression)
      if (!build) return []
      values.addBuild(build)
      if (site.stage) for (const body of eachBodies(build, index)) values.addBody(body)
      return [{ site, build }]
    }),
  )
  values.settle(analysis)
  const diagnostics = builds.flatMap(({ site, build }) =>
    refUses(analysis, build, values).map((use) => describe(use, site, text, place)),
  )
  return { diagnostics, questions: [...questions.values()] }
}

/** Imports the modules of the names that the file calls something of, and the file itself. */
async function importAll(file: string, { visits }: Analysis, tools: Tools, { importModule }: CheckOptions) {
  const own = pathToFileURL(file).href
  const urls = new Map([[own, own]])
  const resolver = new Resolver(tools, new Packages(new Evidence()))
  for (const { node, scope } of visits) {
    const from = node.type === 'Identifier' ? lookup(scope, node.name)?.from : undefined
    if (from === undefined || urls.has(from) || isOwnPackage(packageName(from) ?? '')) continue
    const url = resolver.urlOf(from, file)
    if (url !== undefined) urls.set(from, url)
  }
  const namespaces = new Map<string, Namespace>()
  for (const url of new Set(urls.values())) namespaces.set(url, await importOrNothing(url, importModule))
  return { urls, namespaces }
}

function describe(
  { node, how, operator }: RefUse,
  { pipeline, stage, file }: BuildSite,
  text: string,
  place: ReturnType<typeof places>,
): Diagnostic {
  const written = oneLine(text.slice(node.start, node.end))
  const shown = written.length > 60 ? `${written.slice(0, 59)}…` : written
  const [what, fix] = (stage ? wordingInWords : wording)(how, operator, shown)
  return {
    code: 'ref-as-value',
    severity: 'error',
    message: `"${shown}" is a value to come: ${what}`,
    at: { pipeline, node: stage?.name ?? null, file, ...place(node.start) },
    fix,
  }
}

const oneLine = (code: string): string => code.replace(/\s*\n\s*(?=[.?)\]}])/g, '').replace(/\s+/g, ' ')

function wording(how: RefUse['how'], operator: string, shown: string): readonly [what: string, fix: string] {
  switch (how) {
    case 'equality':
    case 'switch': {
      const compare = operator.startsWith('!') ? '!==' : '==='
      return [
        `"${operator}" compares the ref itself, not what it will hold`,
        `Use when(is(${shown}, '${compare}', …), () => …) instead.`,
      ]
    }
    case 'absence':
      return [
        `"${operator}" never comes to its right side`,
        `Use when(is(${shown}, '===', undefined), () => …, () => …) instead.`,
      ]
    case 'truth':
      return ['it is always true here', `Use when(${shown}, () => …, () => …) instead.`]
  }
}

/** The same of a placeholder in the words of a stage. */
function wordingInWords(how: RefUse['how'], operator: string, shown: string): readonly [what: string, fix: string] {
  switch (how) {
    case 'equality':
    case 'switch':
      return [
        `"${operator}" compares the placeholder itself, not what it will hold`,
        'Compare in the program that is called, or in a stage before.',
      ]
    case 'absence':
      return [
        `"${operator}" never comes to its right side`,
        `Use given(${shown}, [ … ]), or give it a default in the schema.`,
      ]
    case 'truth':
      return ['it is always true here', `Use given(${shown}, [ … ]) instead.`]
  }
}
