import { createRequire, flushCompileCache, registerHooks } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { DiagnosticError } from '@millrace/ir'
import { callStage, runWorker, type WorkerProgram } from '@millrace/runner'
import {
  asset,
  container,
  file,
  folder,
  inherit,
  is,
  map,
  pipeline,
  python,
  secret,
  stage,
  stageDefinition,
  when,
} from '@millrace/sdk'
import { isChild } from '../is-child.ts'
import { main } from '../main.ts'
import { loadedStage } from '../program/stage-loader.ts'
import { RunError } from '../run-error.ts'

/** What a warm worker of the local runtime runs: the stages of the programs that it is told of. */
process.setSourceMapsEnabled(true)

/** Loads the rest of this package, which hardly any stage asks for. */
const whole = () => createRequire(import.meta.url)('./index.js') as typeof import('../index.ts')
type Whole = typeof import('../index.ts')

/** `millrace` as the author's modules import it. */
const millrace: { readonly [name in keyof Whole]: Whole[name] } = {
  asset,
  compile: (...given: Parameters<Whole['compile']>) => whole().compile(...given),
  container,
  DiagnosticError,
  file,
  folder,
  inherit,
  is,
  main,
  map,
  pipeline,
  python,
  run: (...given: Parameters<Whole['run']>) => whole().run(...given),
  RunError,
  runStage: (...given: Parameters<Whole['runStage']>) => whole().runStage(...given),
  secret,
  stage,
  targets: {
    get kubernetes() {
      return whole().targets.kubernetes
    },
  },
  toGraph: (...given) => whole().toGraph(...given),
  when,
} as Whole
const slot: unique symbol = Symbol.for('millrace.worker') as never
;(globalThis as { [slot]?: Whole })[slot] = millrace
/** `require` for chunks of modules that are CommonJS in the main process. */
;(globalThis as { [name: symbol]: unknown })[Symbol.for('millrace.require')] = (specifier: string, from: string) =>
  createRequire(from)(specifier)
const millraceUrl = 'millrace:worker'
const millraceModule = `export const { ${Object.keys(millrace).join(', ')} } = globalThis[Symbol.for('millrace.worker')]`

/** Where modules of programs seem to lie; none is on any disk. */
const folderName = '.millrace-worker'
const programs = new Map<string, WorkerProgram>()
const programOf = (url = ''): WorkerProgram | undefined =>
  programs.get(/\/\.millrace-worker\/(\w+)\//.exec(url)?.[1] ?? '')
const urlOf = ({ folder, id }: WorkerProgram, chunk: string): string =>
  pathToFileURL(join(folder, folderName, id, chunk)).href

/** A package that is imported before anybody asks for it, and by whom it will be. */
const preloaded = /^millrace-preload:(.*):(.*)$/

registerHooks({
  resolve(specifier, context, next) {
    const parent = programOf(context.parentURL)
    const outside = parent?.outside[specifier]
    if (outside?.specifier === 'millrace') return { url: millraceUrl, format: 'module', shortCircuit: true }
    if (outside) return next(outside.specifier, { ...context, parentURL: pathToFileURL(outside.from).href })
    const [, wanted, from] = preloaded.exec(specifier) ?? []
    if (wanted !== undefined && from !== undefined) {
      const parentURL = pathToFileURL(decodeURIComponent(from)).href
      return next(decodeURIComponent(wanted), { ...context, parentURL })
    }
    const url = parent && specifier.startsWith('./') ? new URL(specifier, context.parentURL).href : specifier
    return programOf(url) ? { url, format: 'module', shortCircuit: true } : next(specifier, context)
  },
  load(url, context, next) {
    if (url === millraceUrl) return { format: 'module', source: millraceModule, shortCircuit: true }
    const source = programOf(url)?.chunks[url.slice(url.lastIndexOf('/') + 1)]
    return source === undefined ? next(url, context) : { format: 'module', source, shortCircuit: true }
  },
})

/** Whether a call has come. */
let asked = false

runWorker({
  async preload(specifier, from) {
    const module = await import(`millrace-preload:${encodeURIComponent(specifier)}:${encodeURIComponent(from)}`)
    // who waits for a call already is not to wait for what only makes it quicker
    if (specifier === 'zod' && !asked) await rehearse(module.z)
    // a worker is killed in the end, which keeps nothing
    flushCompileCache()
  },
  learn(program) {
    programs.set(program.id, program)
    process.argv = [...program.argv]
    process.execArgv = [...program.execArgv]
  },
  async load(id, key) {
    asked = true
    const program = programs.get(id)
    const chunk = program?.stages[key]
    if (!program || chunk === undefined) throw new Error(`nobody told of "${key}"`)
    const definition = stageDefinition((await importAlone(urlOf(program, chunk))).default)
    if (!definition) throw new Error(`"${key}" is no stage there`)
    return loadedStage(definition, (url) => program.assets[fileURLToPath(url)])
  },
})

/** Imports with `isChild` set: a module that calls `run` as it loads must load in the main process. */
async function importAlone(url: string): Promise<Readonly<Record<string, unknown>>> {
  isChild.value = true
  try {
    return (await import(url)) as Readonly<Record<string, unknown>>
  } finally {
    isChild.value = false
  }
}

/** Defines and runs a stage for nobody: what is compiled for it need not be while somebody waits. */
async function rehearse({ array, boolean, int, number, object, string }: typeof import('zod').z): Promise<void> {
  const schema = object({
    n: number().default(1),
    i: int().positive().optional(),
    text: string().min(1).nullable().default(null),
    list: array(object({ is: boolean() })).default([]),
  })
  const rehearsed = stage('rehearsal', { input: schema, output: schema, run: (input) => input })
  const definition = stageDefinition(rehearsed)
  if (!definition) return
  const never = new AbortController().signal
  await callStage(
    loadedStage(definition, () => undefined),
    {
      node: 'rehearsal',
      input: { n: 2, list: [{ is: true }] },
      files: () => '',
      metric: () => {},
      log: () => {},
      print: () => {},
      signal: never,
      abandon: never,
      seed: 0,
      resources: {},
      worker: { index: 0, count: 1 },
      env: {},
      attempt: 1,
    },
  )
}
