import { basename, dirname, join, relative, sep } from 'node:path'
import { type Digest, digestJson } from '@millrace/ir'
import { includedFiles } from './included-files.ts'
import { projectFolder } from './project-folder.ts'
import type { PythonFile } from './python-file.ts'
import { PythonFiles } from './python-files.ts'
import type { ScriptBlock } from './script-block.ts'
import { type ScriptLock, scriptLock } from './script-lock.ts'
import { type ModuleFile, scriptModules } from './script-modules.ts'
import {
  argsBesideStage,
  folderAsScript,
  missingInclude,
  missingScript,
  namedAsLibrary,
  notebook,
  type ScriptProblem,
  twoBlocks,
  twoStages,
  undecoded,
} from './script-problems.ts'
import type { StageFunction } from './stage-functions.ts'
import { standardLibrary } from './standard-library.ts'
import type { Unsure } from './token.ts'

export interface ScriptOptions {
  /** Absolute paths of files and folders that count too. */
  readonly include?: readonly string[]
  /** Whether the stage gives the script words of a command line. */
  readonly hasArgs?: boolean
}

/** A file that a script needs. */
interface ScriptFile {
  /** Absolute. */
  readonly path: string
  /** Where it is placed, from the folder that holds all of them; with `/`. */
  readonly name: string
  /** Of a Python file, of its tokens; of others, of their bytes. */
  readonly digest: Digest
}

/** What a Python script is, and what of it counts. */
export interface ScriptCode {
  /** By name. */
  readonly files: readonly ScriptFile[]
  /** Of the files, which of them is the script, and the lock. */
  readonly digest: Digest
  /** The top names of modules that neither the script's project nor Python 3.13 has, and that it can't do without. */
  readonly outside: readonly string[]
  /** `function`: it has one that is decorated with `stage`. */
  readonly form: 'function' | 'script'
  readonly stageFunction?: StageFunction
  readonly block?: ScriptBlock
  readonly lock?: ScriptLock
  /** Files that our lexer could not read to their end: all their text counts. */
  readonly unsure: readonly (Unsure & { readonly file: string })[]
  readonly problems: readonly ScriptProblem[]
}

/** @param files may be given to all scripts of a program */
export function scriptCode(script: string, options: ScriptOptions = {}, files = new PythonFiles()): ScriptCode {
  const kind = files.kind(script)
  if (kind === 'folder') return nothing(folderAsScript(script))
  if (script.endsWith('.ipynb')) return nothing(notebook(script))
  const python = kind === 'file' ? files.python(script) : undefined
  if (python === undefined) return nothing(missingScript(script))

  const folder = dirname(script)
  const project = projectFolder(folder, files)
  const src = join(project ?? folder, 'src')
  const roots = project !== undefined && src !== folder && files.kind(src) === 'folder' ? [folder, src] : [folder]
  const show = (file: string): string => slashes(relative(project ?? folder, file))
  const problems = problemsOf(script, python, options.hasArgs ?? false)

  const included: string[] = []
  for (const path of options.include ?? []) {
    const found = includedFiles(path, files)
    if (found === undefined) problems.push(missingInclude(path))
    else included.push(...found)
  }
  const start: ModuleFile[] = [{ file: script, folders: [roots], role: 'script' }]
  for (const file of included)
    if (isPython(file)) start.push({ file, folders: packagesOf(file, roots, files), role: 'included' })
  const modules = scriptModules(start, files, show)
  problems.push(...modules.problems)

  const paths = [...new Set([...modules.files, ...included])]
  const unsure: (Unsure & { readonly file: string })[] = []
  for (const path of modules.files) {
    const file = files.python(path)
    if (file?.undecoded !== undefined && !included.includes(path))
      problems.push(undecoded(path, show(path), file.undecoded))
    else if (file?.unsure) unsure.push({ file: path, ...file.unsure })
  }
  const top = commonFolder(paths)
  const digests = new Map(modules.files.map((path) => [path, files.python(path)?.digest]))
  const placed = paths
    .map((path) => ({
      path,
      name: slashes(relative(top, path)),
      digest: digests.get(path) ?? files.evidence.digest(path),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  const [block] = python.blocks
  const lock = scriptLock(script, block !== undefined, project ?? folder, files)
  const [stageFunction] = python.stages
  return {
    files: placed,
    digest: digestJson({
      script: slashes(relative(top, script)),
      files: placed.map(({ name, digest }) => ({ name, digest })),
      lock: lock?.digest ?? null,
    }),
    outside: modules.outside.filter((name) => !standardLibrary.has(name) && !ours.has(name)),
    form: stageFunction ? 'function' : 'script',
    ...(stageFunction && { stageFunction }),
    ...(block && { block }),
    ...(lock && { lock }),
    unsure,
    problems,
  }
}

const ours = new Set(['millrace', '__main__'])
const isPython = (path: string): boolean => path.endsWith('.py')
const slashes = (path: string): string => path.replaceAll('\\', '/')

const nothing = (problem: ScriptProblem): ScriptCode => ({
  files: [],
  digest: digestJson(null),
  outside: [],
  form: 'script',
  unsure: [],
  problems: [problem],
})

function problemsOf(script: string, { blocks, stages }: PythonFile, hasArgs: boolean): ScriptProblem[] {
  const problems: ScriptProblem[] = []
  const stem = basename(script).replace(/\.py$/, '')
  if (isPython(script) && standardLibrary.has(stem)) problems.push(namedAsLibrary(script, stem))
  const [, second] = blocks
  if (second) problems.push(twoBlocks(script, second.line))
  const [stage, other] = stages
  if (stage && other) problems.push(twoStages(script, stage, other))
  if (stage && hasArgs) problems.push(argsBesideStage(script, stage))
  return problems
}

/** The packages that a file is in, where it lies below a folder of modules, or below `__init__.py`s. */
function packagesOf(file: string, roots: readonly string[], files: PythonFiles): (readonly string[])[] {
  const folder = dirname(file)
  const inside = (root: string): boolean => folder === root || folder.startsWith(root + sep)
  let root = [...roots].filter(inside).sort((a, b) => b.length - a.length)[0]
  for (root ??= folder; !roots.includes(root) && files.kind(join(root, '__init__.py')) === 'file'; )
    root = dirname(root)
  const out: (readonly string[])[] = [roots.includes(root) ? roots : [...roots, root]]
  let at = root
  for (const name of relative(root, folder).split(sep).filter(Boolean)) {
    at = join(at, name)
    out.push([at])
  }
  return out
}

function commonFolder(paths: readonly string[]): string {
  let top = dirname(paths[0] as string)
  for (const path of paths)
    while (path !== top && !path.startsWith(top.endsWith(sep) ? top : top + sep)) top = dirname(top)
  return top
}
