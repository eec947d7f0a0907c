import { constants, lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs'
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import {
  type ErrorTrace,
  hasArtifacts,
  isArtifactValue,
  isDiagnosticError,
  isObject,
  type Json,
  mapArtifacts,
  type Schema,
  setKey,
  showPath,
  traceOf,
} from '@millrace/ir'
import { digestFile, digestFolder, errnoOf, makeFolder, onDisk, storeFailed } from '@millrace/store'
import { StageFailure } from './failure.ts'
import { isByName, isLocked } from './whose-fault.ts'

type Kind = 'file' | 'folder'
interface Written {
  readonly path: string
  readonly digest: string
  readonly size: number
}

/** The artifacts of one attempt: what the stage was given, what it asked to write, what it names in its output. */
export class Artifacts {
  readonly #node: string
  readonly #folder: () => string
  readonly #drafts = new Map<object, { readonly kind: Kind; readonly path: string }>()
  readonly #known = new Map<string, Written>()
  readonly written: Written[] = []

  constructor(node: string, folder: () => string, input: Json, assets: readonly Written[] = []) {
    this.#node = node
    this.#folder = folder
    for (const asset of assets) this.#known.set(asset.path, asset)
    const open: Json[] = [input]
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (Array.isArray(at)) for (const item of at) open.push(item as Json)
      else if (isObject(at)) {
        if (isArtifactValue(at)) this.#known.set(at.path, at)
        for (const item of Object.values(at)) if (typeof item === 'object') open.push(item as Json)
      }
    }
  }

  /** `context.file` and `context.folder`. */
  draft(kind: Kind, name: unknown): object {
    const path = this.#inside(name, 'output')
    const made = kind === 'folder' ? path : dirname(path)
    try {
      makeFolder(made)
    } catch (error) {
      throw this.#refused(kind, String(name), made, error)
    }
    const draft = { path }
    this.#drafts.set(draft, { kind, path })
    return draft
  }

  /** What a process names as a file or folder of its output: a path in the files folder, or an input handed on. */
  handedOut(kind: Kind, at: unknown): unknown {
    const path = typeof at === 'string' ? at : (at as { readonly path: string }).path
    return isAbsolute(path) ? at : this.draft(kind, path)
  }

  /** A name that no folder can have is the stage's fault, unless its own folder is none any more. */
  #refused(kind: Kind, name: string, path: string, error: unknown): unknown {
    const told = storeFailed('create', path, error)
    if (!isByName(error) || !isDirectory(this.#folder())) return told
    const said = isDiagnosticError(told) ? told.diagnostics[0]?.message.replace(/^.*": /s, '') : String(error)
    return new StageFailure(
      'invalid-output',
      `"${this.#node}" asks for the ${kind} "${shortened(name)}", which can't be made: ${said}`,
      errnoOf(error) === 'ENAMETOOLONG'
        ? 'Give it a shorter name.'
        : 'Give it a name in whose way no other output stands.',
      { retry: false, trace: traceOf(new Error()) },
    )
  }

  #inside(name: unknown, what: string): string {
    const folder = this.#folder()
    const fine = typeof name === 'string' && name !== '' && !name.includes('\0') && !isAbsolute(name)
    const path = fine ? resolve(folder, name) : folder
    if (!fine || path === folder || !path.startsWith(folder + sep))
      throw outside(this.#node, what, String(name), what === 'output' ? traceOf(new Error()) : undefined)
    return path
  }

  /** Digests what the drafts in a returned value hold, and puts the artifacts in their places. */
  async settle(value: unknown): Promise<unknown> {
    if (this.#drafts.size === 0) return value
    const found = new Map<object, Written>()
    const seen = new Set<object>()
    const open: [unknown, string][] = [[value, '']]
    for (let next = open.pop(); next; next = open.pop()) {
      const [at, path] = next
      if (typeof at !== 'object' || at === null || seen.has(at)) continue
      seen.add(at)
      const draft = this.#drafts.get(at)
      if (draft) found.set(at, await this.#digest(draft.kind, draft.path, path.slice(1)))
      else
        for (const [key, item] of Object.entries(at).reverse())
          open.push([item, `${path}${Array.isArray(at) ? `[${key}]` : `.${key}`}`])
    }
    return replace(value, found, 0)
  }

  async #digest(kind: Kind, path: string, field: string): Promise<Written> {
    const known = this.#known.get(path)
    if (known) return known
    const name = relative(this.#folder(), path)
    let real: string
    try {
      real = realpathSync(path)
    } catch (error) {
      if (isLocked(path, this.#folder())) throw notRegular(this.#node, field, name, 'it took away the right to read it')
      if (!absent.has(errnoOf(error) ?? '')) throw storeFailed('read', path, error)
      throw new StageFailure(
        'no-output',
        `"${this.#node}" names the ${kind} "${name}" in its output and did not write it`,
        `Write the ${kind} before the stage returns.`,
        { path: field },
      )
    }
    const inside = onDisk('read', path, () => realpathSync(this.#folder()))
    if (!real.startsWith(inside + sep)) throw outside(this.#node, field, name)
    if (onDisk('read', path, () => lstatSync(path)).isSymbolicLink())
      throw notRegular(this.#node, field, name, 'a symbolic link')
    try {
      const { digest, size } = kind === 'file' ? await digestFile(path) : await digestFolder(path)
      if (openForWriting(real)) throw stillWritten(this.#node, field, name)
      const written = { path, digest, size }
      this.#known.set(path, written)
      this.written.push(written)
      return written
    } catch (error) {
      if (error instanceof StageFailure || (isRefused(error) && !isLocked(refusedPath(error), this.#folder())))
        throw error
      const told = isDiagnosticError(error) ? error.diagnostics[0] : undefined
      // the path as the stage knows it
      const message = (told?.message ?? (error as Error).message)
        .replace(/"[^"]*\/files\//, '"')
        .replace(/"[^"]{200,}"/, (quoted) => `${quoted.slice(0, 80)}…${quoted.slice(-40)}`)
      throw notRegular(this.#node, field, name, message)
    }
  }

  /** Each artifact of the parsed output must be one that was settled, or an input's. Relative paths are settled here. */
  async check(schema: Schema, output: Json): Promise<Json> {
    if (!hasArtifacts(schema)) return output
    const pending: { readonly name: string; readonly kind: Kind; readonly field: string }[] = []
    mapArtifacts(schema, output, (at, port, path) => {
      if (typeof at === 'string') pending.push({ name: at, kind: port.kind, field: showPath(path) })
      return at
    })
    const settled = new Map<string, Written>()
    for (const { name, kind, field } of pending)
      settled.set(name, await this.#digest(kind, this.#inside(name, field), field))
    return mapArtifacts(schema, output, (at, { kind }, path) => {
      if (typeof at === 'string') return settled.get(at) as unknown as Json
      const { path: file, digest, size } = at as unknown as Written
      const known = this.#known.get(file)
      if (known?.digest !== digest || known.size !== size) throw outside(this.#node, showPath(path), file)
      const there = onDisk('read', file, () => statSync(file, { throwIfNoEntry: false }))
      const is = there?.isDirectory() ? 'folder' : 'file'
      if (is !== kind) throw wrongKind(this.#node, showPath(path), is, kind)
      return at
    })
  }
}

/** What the disk refuses is no fault of the stage; what it left unwritten is, and names that are too long. */
const isRefused = (error: unknown): boolean => {
  const code = isDiagnosticError(error) ? errnoOf(error.cause) : undefined
  return code !== undefined && !absent.has(code)
}

const refusedPath = (error: unknown): string =>
  String((isDiagnosticError(error) ? (error.cause as NodeJS.ErrnoException | undefined) : undefined)?.path)

const absent = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'])

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

const shortened = (name: string): string => (name.length > 80 ? `${name.slice(0, 77)}…` : name)

const wrongKind = (node: string, field: string, is: Kind, wanted: Kind): StageFailure =>
  new StageFailure(
    'invalid-output',
    `"${node}" returned a ${is} as its output "${field}", which must be a ${wanted}`,
    `Use context.${wanted}('name') for it, or ${is}() in the output schema.`,
    { retry: false, path: field },
  )

const outside = (node: string, field: string, name: string, trace?: ErrorTrace): StageFailure =>
  new StageFailure(
    'output-outside',
    `"${node}" names "${name}" as ${field === 'output' ? 'an output' : `its output "${field}"`}, which is outside its folder`,
    "Write to the path of context.file('name') or context.folder('name'), or pass an input artifact on.",
    { retry: false, ...(trace ? { trace } : {}), ...(field === 'output' ? {} : { path: field }) },
  )

const stillWritten = (node: string, field: string, name: string): StageFailure =>
  new StageFailure(
    'invalid-output',
    `"${node}" can't hand out "${name}": it is still open for writing`,
    'Await the end of each write before the stage returns.',
    { retry: false, path: field },
  )

/** Whether this process holds a file, or one in a folder, open for writing, as a stream does that nobody awaited. */
function openForWriting(path: string): boolean {
  let numbers: string[]
  try {
    numbers = readdirSync('/proc/self/fd')
  } catch {
    // not told by this system
    return false
  }
  return numbers.some((number) => {
    try {
      const open = readlinkSync(`/proc/self/fd/${number}`)
      if (open !== path && !open.startsWith(path + sep)) return false
      // octal, as open(2) has them
      const flags = /^flags:\s+(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${number}`, 'utf8'))?.[1]
      return flags !== undefined && (Number.parseInt(flags, 8) & (constants.O_WRONLY | constants.O_RDWR)) !== 0
    } catch {
      return false
    }
  })
}

const notRegular = (node: string, field: string, name: string, what: string): StageFailure =>
  new StageFailure(
    'invalid-output',
    `"${node}" can't hand out "${name}": ${what}`,
    'Hand out regular files, and folders of them.',
    {
      retry: false,
      path: field,
    },
  )

function replace(value: unknown, found: ReadonlyMap<object, Written>, depth: number): unknown {
  if (typeof value !== 'object' || value === null || depth > 500) return value
  const written = found.get(value)
  if (written) return { ...written }
  if (Array.isArray(value)) return value.map((item) => replace(item, found, depth + 1))
  const prototype = Object.getPrototypeOf(value) as unknown
  if (prototype !== null && prototype !== Object.prototype) return value
  const out = {}
  for (const [key, item] of Object.entries(value)) setKey(out, key, replace(item, found, depth + 1))
  return out
}

/** The path of an artifact as `output.json` names it: relative to the files folder when it lies there. */
export const relativeTo = (folder: string, path: string): string =>
  path.startsWith(folder + sep) ? relative(folder, path).split(sep).join('/') : path
