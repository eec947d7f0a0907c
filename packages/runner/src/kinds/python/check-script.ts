import { basename } from 'node:path'
import { isObject } from '@millrace/ir'
import { StageFailure } from '../../failure.ts'
import type { PythonEnvironment } from './interpreter.ts'
import { runProgram } from './run-program.ts'
import type { PythonScript } from './script.ts'

/** The oldest Python that our package runs on. */
const oldest = [3, 9] as const

/** Says which Python it is, and compiles the files whose names it reads, without running any. Runs on any Python. */
const program = `import json, sys
told = {"version": list(sys.version_info[:3]), "wrong": None}
if sys.version_info[:2] >= (${oldest.join(', ')}):
    for path in json.loads(sys.stdin.read()):
        try:
            with open(path, "rb") as file:
                compile(file.read(), path, "exec", dont_inherit=True)
        except SyntaxError as error:
            told["wrong"] = {"file": error.filename or path, "line": error.lineno or 1, "column": error.offset or 1,
                             "message": type(error).__name__ + ": " + str(error.msg)}
            break
        except (OSError, ValueError):
            pass
print(json.dumps(told))
`

/**
 * Whether an interpreter is one, and can read all files of a script: once per run, and not first by a stage that has
 * worked for an hour.
 *
 * @throws StageFailure
 */
export async function checkScript(
  { python }: PythonEnvironment,
  script: PythonScript,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const ran = await runProgram(python, ['-I', '-c', program], env, JSON.stringify(script.files))
  const name = basename(script.path)
  const refuse = (what: string, fix: string): never => {
    throw new StageFailure('python-environment', `"${name}" can't be run by "${python}": ${what}`, fix, {
      retry: false,
    })
  }
  if (ran.error !== undefined)
    refuse(
      ran.error === 'ENOENT' ? 'there is no such program' : ran.error,
      'Install Python 3.9 or later, or name one in MILLRACE_PYTHON.',
    )
  const told = parsed(ran.stdout)
  if (!told) refuse('it is no Python', 'Name an interpreter of Python in MILLRACE_PYTHON.')
  const version = told?.version as readonly number[]
  if ((version[0] ?? 0) < oldest[0] || (version[0] === oldest[0] && (version[1] ?? 0) < oldest[1]))
    refuse(`it is Python ${version.join('.')}`, `Use Python ${oldest.join('.')} or later.`)
  if (!isObject(told?.wrong)) return
  const { file, line, column, message } = told.wrong
  throw new StageFailure('python-script', `"${name}" can't be run: ${String(message)}`, 'Correct the line.', {
    retry: false,
    trace: { stack: [{ file: String(file), line: Number(line), column: Number(column) }], causes: [] },
  })
}

function parsed(stdout: string): { readonly version: unknown; readonly wrong: unknown } | undefined {
  try {
    const told: unknown = JSON.parse(stdout)
    return isObject(told) && Array.isArray(told.version) ? (told as { version: unknown; wrong: unknown }) : undefined
  } catch {
    return undefined
  }
}
