import { randomUUID } from 'node:crypto'
import { startedMain } from '../entry.ts'

/** Whether a test runner loaded the program: what it loaded may be replaced, as a mock is, and no digest shows it. */
export const underTestRunner = (): boolean =>
  !startedMain() && (runners.some((name) => (process.env[name] ?? '') !== '') || hasNodeTest() || hasGlobals())

const runners = ['VITEST', 'JEST_WORKER_ID', 'NODE_TEST_CONTEXT']

/** A file that imports node:test may be started by itself. */
const hasNodeTest = (): boolean =>
  (process as { readonly moduleLoadList?: readonly string[] }).moduleLoadList?.includes('NativeModule test') === true

/** mocha, jasmine, and what else gives tests their words. */
const hasGlobals = (): boolean =>
  ['describe', 'it'].every((name) => typeof (globalThis as { [name: string]: unknown })[name] === 'function')

const marks = new WeakMap<object, string>()

/** A random mark of a loaded object: another in each process, and each time that it is loaded. */
export function loadMark(loaded: object): string {
  const mark = marks.get(loaded) ?? randomUUID()
  marks.set(loaded, mark)
  return mark
}

/** Options by which Node lets others change how modules are loaded. */
const hooks = /^--(?:import|loader|experimental-loader)$/

/** `tsx`, `tsx/esm`, `/…/node_modules/tsx/dist/loader.mjs`; Yarn's Plug'n'Play. */
const known = /^tsx(?:\/|$)|[\\/]tsx[\\/]dist[\\/]|[\\/]\.pnp\.(?:loader\.mjs|cjs)$/

/** What else than tsx and Plug'n'Play may change the modules of this process as it loads them. */
export function foreignLoader(
  words: readonly string[] = [...process.execArgv, ...split(process.env.NODE_OPTIONS ?? '')],
): string | undefined {
  for (const [i, word] of words.entries()) {
    const [, name, joined] = /^(--[\w-]+)(?:=(.*))?$/.exec(word) ?? []
    if (name === undefined || !hooks.test(name)) continue
    const value = joined ?? words[i + 1] ?? ''
    if (!known.test(value.replaceAll('%20', ' '))) return `${name} ${value}`
  }
  return undefined
}

/** The words of NODE_OPTIONS: quotes hold one together, a backslash before one keeps it. */
function split(text: string): string[] {
  const words = text.match(/(?:"(?:\\.|[^"\\])*"|[^\s"])+/g) ?? []
  return words.map((word) => word.replace(/"((?:\\.|[^"\\])*)"/g, '$1').replace(/\\(["\\])/g, '$1'))
}
