import module from 'node:module'
import { pathToFileURL } from 'node:url'
import type { ImportModule, Program } from './program.ts'
import { writtenExport } from './written-export.ts'

type Namespace = Awaited<ReturnType<ImportModule>>

/**
 * The modules of a program from within it: the one that calls `run` may itself still be running, and waiting for it
 * would wait for ever. What such a module exports is told from its source, where that leaves no doubt.
 */
export function runningModules(program: Program): ImportModule {
  const written = new Map<string, Record<string, unknown>>()
  let allWritten = true
  for (const { at, self, type } of [...program.traced.stages.values(), ...program.traced.pipelines]) {
    const { file, line, column } = at()
    const name = file && line && column ? writtenExport(file, line, column) : undefined
    if (name === undefined) allWritten &&= type !== 'stage'
    else {
      const url = pathToFileURL(file as string).href
      written.set(url, { ...written.get(url), [name]: self })
    }
  }
  const entry = program.traced.definition.at().file
  if (allWritten || entry === undefined) return async (url) => written.get(url) ?? {}
  const found = new Map<string, Promise<Namespace | State>>()
  const find = (url: string): Promise<Namespace | State> => {
    const module = found.get(url) ?? evaluated(url)
    found.set(url, module)
    return module
  }
  return async (url) => {
    // where Node didn't load the program, as in some test runners, it would be loaded a second time
    const known = (await find(pathToFileURL(entry).href)) !== 'unknown'
    const module = known ? await find(url) : 'unknown'
    return typeof module === 'object' ? module : (written.get(url) ?? {})
  }
}

type State = 'running' | 'unknown'

/** A module that Node has loaded, when it has run; never loads one. */
async function evaluated(url: string): Promise<Namespace | State> {
  const unloaded = new Error('not loaded')
  // by name it could not be imported where an old Node is to be told that it is too old
  const hooks = module.registerHooks({
    load(asked, context, next) {
      if (asked === url) throw unloaded
      return next(asked, context)
    },
  })
  try {
    return await Promise.race([import(url) as Promise<Namespace>, longer()])
  } catch (error) {
    return error === unloaded ? 'unknown' : {}
  } finally {
    hooks.deregister()
  }
}

/** Takes longer than to import a module that has run. */
async function longer(): Promise<'running'> {
  for (let round = 0; round < 3; round++) {
    await import(import.meta.url)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return 'running'
}
