import { basename, delimiter, dirname, join, relative } from 'node:path'
import { attemptFileNames, isObject, type StageCode } from '@millrace/ir'
import { makeFolder, onDisk } from '@millrace/store'
import { StageFailure } from '../../failure.ts'
import { readJson } from '../../folder.ts'
import type { Command, CommandAttempt, Finding, Refused, StageKind } from '../../kind.ts'
import { checkScripts } from './check-scripts.ts'
import { environmentOf, ownPython } from './environment.ts'
import { anyPython, type PythonEnvironment } from './interpreter.ts'
import { KnownGood } from './known-good.ts'
import type { PythonScript } from './script.ts'
import { logLine, toldFailure } from './told.ts'

export interface PythonOptions {
  /** What is known of the script of a stage. */
  script(code: StageCode): PythonScript
  /** Our package for Python: the folder `millrace`. */
  readonly package: string
  /** Where environments are made that scripts ask for themselves. */
  readonly environments: string
  /** Where it is kept which scripts were compiled before. Missing: nowhere. */
  readonly compiled?: string
  /** The variables that tell of interpreters. */
  readonly env: NodeJS.ProcessEnv
}

/** Stages that are Python scripts: each attempt is a process of an interpreter (contracts: languages). */
export function pythonKind(options: PythonOptions): StageKind {
  const good = new KnownGood(options.compiled)
  const known = new Map<string, Promise<PythonEnvironment>>()
  return {
    kind: 'python',
    check: (codes) => check(codes, options, good),
    async command(code, attempt) {
      const script = options.script(code)
      // once per run, however many calls there are
      const found = known.get(script.path) ?? prepared(script, options, good)
      known.set(script.path, found)
      return commandOf(script, code, await found, attempt, options)
    },
  }
}

async function prepared(
  script: PythonScript,
  { env, environments: folder }: PythonOptions,
  good: KnownGood,
): Promise<PythonEnvironment> {
  const environment = await environmentOf({ script, env, folder })
  if (good.has(environment.python, script)) return environment
  const { executable, refused } = await checkScripts(environment.python, [script], env)
  const failure = refused.get(script)
  if (failure) throw failure
  good.add(environment.python, script)
  // a shim on the PATH looks for it anew each time
  const isShim = environment.python === anyPython && !env.MILLRACE_PYTHON && executable !== ''
  return isShim ? { ...environment, python: executable } : environment
}

/** The scripts that can't be compiled, before anything runs: one process an interpreter, and none for what it knows. */
async function check(
  codes: readonly StageCode[],
  options: PythonOptions,
  good: KnownGood,
): Promise<readonly Refused[]> {
  const byPython = new Map<string, Map<PythonScript, StageCode>>()
  for (const code of codes) {
    const script = options.script(code)
    // what uv makes for a script is made when it runs
    const python = script.block ? undefined : ownPython(script, options.env).python
    if (python === undefined || good.has(python, script)) continue
    byPython.set(python, (byPython.get(python) ?? new Map()).set(script, code))
  }
  const refused: Refused[] = []
  for (const [python, scripts] of byPython) {
    try {
      const checked = await checkScripts(python, [...scripts.keys()] as [PythonScript], options.env)
      for (const [script, code] of scripts) {
        const failure = checked.refused.get(script)
        if (failure) refused.push({ code, failure })
        else good.add(python, script)
      }
    } catch (error) {
      // where all results are there, nobody needs it
      if (!(error instanceof StageFailure)) throw error
    }
  }
  return refused
}

function commandOf(
  script: PythonScript,
  code: StageCode,
  environment: PythonEnvironment,
  attempt: CommandAttempt,
  { package: ours, env }: PythonOptions,
): Command {
  const { node, folder, resources, worker } = attempt
  const { python, home, notices } = environment
  // the attempt's own, and gone with what else it leaves there
  const cwd = join(folder, 'tmp', 'work')
  onDisk('create', cwd, () => makeFolder(cwd))
  const files = {
    log: join(folder, attemptFileNames.lines),
    failure: join(folder, 'python-failure.json'),
    report: join(folder, 'python-report.json'),
  }
  const context = {
    node,
    attempt: attempt.attempt,
    resources,
    worker,
    env: attempt.env,
    form: script.form,
    files: script.files,
    ...files,
  }
  return {
    words: [python, ours, script.path, ...('args' in code ? (code.args ?? []) : [])],
    cwd,
    env: {
      MILLRACE_CONTEXT: JSON.stringify(context),
      PYTHONPATH: [join(ours, '..'), ...(env.PYTHONPATH ? [env.PYTHONPATH] : [])].join(delimiter),
      PYTHONHASHSEED: '0',
      PYTHONUNBUFFERED: '',
      PYTHONIOENCODING: 'utf-8:backslashreplace',
      ...(home === undefined ? {} : { VIRTUAL_ENV: home, PATH: [join(home, 'bin'), env.PATH].join(delimiter) }),
    },
    lines: { path: files.log, read: logLine },
    failure: () => toldFailure(node, files.failure, home === undefined ? `for ${python}` : `into ${home}`),
    finding: () => findingOf(script, files.report, notices),
  }
}

/** What the process told of itself at its end. */
function findingOf(script: PythonScript, path: string, notices: Finding['notices']): Finding {
  const told = readJson(path)
  const undigested = isObject(told) && Array.isArray(told.undigested) ? told.undigested.map(String) : []
  if (undigested.length === 0) return { notices, uncounted: false }
  const folder = dirname(script.path)
  const named = undigested.slice(0, 3).map((file) => `"${relative(folder, file)}"`)
  const more = undigested.length > named.length ? ` and ${undigested.length - named.length} more` : ''
  const notice = {
    code: 'python-undigested' as const,
    message: `"${basename(script.path)}" loaded ${named.join(', ')}${more}, which its key does not count, so its result is not cached`,
    fix: 'Import it with an import statement, or name it in include of the stage.',
  }
  return { notices: [...notices, notice], uncounted: true }
}
