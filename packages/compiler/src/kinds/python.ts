import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Digest, digestJson, type Json, type StageCode } from '@millrace/ir'
import { PythonFiles } from '../code/python/python-files.ts'
import { scriptCode } from '../code/python/script-code.ts'
import type { CodeProblem, KindCode } from './kind.ts'

/** What the runner has to know of a script. */
interface Known {
  readonly path: string
  readonly digest: Digest
  readonly form: 'function' | 'script'
  /** The Python files that its key counts. */
  readonly files: readonly string[]
  readonly block?: { readonly text: string; readonly dependencies: readonly string[] }
  /** Of its own block. */
  readonly lock?: string
}

/** Scripts of one program import the same modules. */
const shared = new WeakMap<object, PythonFiles>()

/** The script of a stage, as an absolute path; undefined for one of another kind. */
export const pythonScript = (code: StageCode): string | undefined =>
  code.kind === 'python' ? fileURLToPath(code.script) : undefined

/** A script of Python: what it imports from its project counts, by its tokens, and the lock of what it has installed. */
export const python: KindCode = {
  kind: 'python',
  read(code, program) {
    const { script, args, include = [] } = code as Extract<StageCode, { readonly kind: 'python' }>
    const files = shared.get(program) ?? new PythonFiles()
    shared.set(program, files)
    const path = fileURLToPath(script)
    const options = { hasArgs: args !== undefined, include: include.map((url) => fileURLToPath(url)) }
    const found = scriptCode(path, options, files)
    const read = found.files.map((file) => ({ path: file.path, digest: files.evidence.digest(file.path) as Digest }))
    const { block, lock, form } = found
    const known: Known = {
      path,
      digest: found.digest,
      form,
      files: read.map((file) => file.path).filter((file) => files.python(file) !== undefined && file.endsWith('.py')),
      ...(block ? { block: { text: block.text, dependencies: block.dependencies } } : {}),
      ...(block && lock ? { lock: lock.path } : {}),
    }
    return {
      digest: args === undefined ? found.digest : digestJson({ script: found.digest, args: args as unknown as Json }),
      files: lock ? [...read, { path: lock.path, digest: lock.digest }] : read,
      problems: [
        ...found.problems,
        ...(block && block.dependencies.length > 0 && !lock ? [unlocked(path, block.line)] : []),
      ],
      known,
    }
  },
}

function unlocked(file: string, line: number): CodeProblem {
  const name = basename(file)
  return {
    code: 'python-unlocked',
    severity: 'notice',
    message: `"${name}" names dependencies and has no lock, so their versions may change from run to run`,
    at: { file, line },
    fix: `Run uv lock --script ${name}, and commit what it writes.`,
  }
}
