import { basename } from 'node:path'
import { isObject, type StackFrame } from '@millrace/ir'
import { StageFailure } from '../../failure.ts'
import { runProgram } from './run-program.ts'
import type { PythonScript } from './script.ts'

/** The oldest Python that our package runs on. */
const oldest = [3, 9] as const

/** Says which Python it is, and compiles the files whose names it reads, without running any. Runs on any Python 3. */
const program = `import json, sys
told = {"version": list(sys.version_info[:3]), "executable": sys.executable, "wrong": {}}
if sys.version_info[:2] >= (${oldest.join(', ')}):
    for path in json.loads(sys.stdin.read()):
        try:
            with open(path, "rb") as file:
                compile(file.read(), path, "exec", dont_inherit=True)
        except SyntaxError as error:
            told["wrong"][path] = {"file": error.filename or path, "line": error.lineno or 1, "column": error.offset or 1,
                                   "message": type(error).__name__ + ": " + str(error.msg)}
        except (OSError, ValueError):
            pass
print(json.dumps(told))
`

/** What an interpreter says of itself and of scripts. */
export interface Checked {
  /** Its absolute path, where it could tell. */
  readonly executable: string
  /** The scripts that it can't run. */
  readonly refused: ReadonlyMap<PythonScript, StageFailure>
}

/**
 * Whether a program is an interpreter, and can compile all files of some scripts.
 *
 * @throws StageFailure `python-environment` where it is none, or too old
 */
export async function checkScripts(
  python: string,
  scripts: readonly [PythonScript, ...PythonScript[]],
  env: NodeJS.ProcessEnv,
): Promise<Checked> {
  const files = [...new Set(scripts.flatMap((script) => script.files))]
  const ran = await runProgram(python, ['-I', '-c', program], env, JSON.stringify(files))
  const told = parsed(ran.stdout)
  const refusal = (what: string, fix: string): StageFailure =>
    new StageFailure('python-environment', `"${basename(scripts[0].path)}" can't be run by "${python}": ${what}`, fix, {
      retry: false,
    })
  if (ran.error !== undefined)
    throw refusal(
      ran.error === 'ENOENT' ? 'there is no such program' : ran.error,
      'Install Python 3.9 or later, or name one in MILLRACE_PYTHON.',
    )
  if (!told) throw refusal('it is no Python', 'Name an interpreter of Python in MILLRACE_PYTHON.')
  const [major = 0, minor = 0] = told.version
  if (major < oldest[0] || (major === oldest[0] && minor < oldest[1]))
    throw refusal(`it is Python ${told.version.join('.')}`, `Use Python ${oldest.join('.')} or later.`)
  const refused = new Map<PythonScript, StageFailure>()
  for (const script of scripts) {
    const wrong = script.files.map((file) => told.wrong[file]).find(isObject)
    if (wrong) refused.set(script, notCompiled(script, wrong))
  }
  return { executable: told.executable, refused }
}

function notCompiled({ path }: PythonScript, wrong: { readonly [key: string]: unknown }): StageFailure {
  const { file, line, column, message } = wrong
  const frame: StackFrame = { file: String(file), line: Number(line), column: Number(column) }
  return new StageFailure(
    'python-script',
    `"${basename(path)}" can't be run: ${String(message)}`,
    'Correct the line.',
    {
      retry: false,
      trace: { stack: [frame], causes: [] },
    },
  )
}

interface Told {
  readonly version: readonly number[]
  readonly executable: string
  readonly wrong: { readonly [file: string]: unknown }
}

function parsed(stdout: string): Told | undefined {
  try {
    const told: unknown = JSON.parse(stdout)
    if (!isObject(told) || !Array.isArray(told.version)) return undefined
    const { version, executable, wrong } = told
    return {
      version: version.map(Number),
      executable: typeof executable === 'string' ? executable : '',
      wrong: isObject(wrong) ? wrong : {},
    }
  } catch {
    return undefined
  }
}
