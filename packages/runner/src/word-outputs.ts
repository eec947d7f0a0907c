import { existsSync, lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import {
  artifactsOf,
  fieldOf,
  isObject,
  isText,
  type Json,
  mapArtifacts,
  mayBeNull,
  type Port,
  type Schema,
  schemaPort,
  setKey,
  showPath,
} from '@millrace/ir'
import { makeFolder, onDisk } from '@millrace/store'
import type { Artifacts } from './artifacts.ts'
import { StageFailure } from './failure.ts'
import { fieldFileName } from './field-file-name.ts'
import { readValue } from './read-value.ts'

type Path = readonly string[]

interface Place {
  readonly path: Path
  readonly file: string
  readonly port: Port
  /** Of a file or folder: what the stage hands out. */
  readonly draft?: object
}

/** The places in a stage's output that stand among its words: what they become, and what is written there. */
export class WordOutputs {
  readonly #node: string
  readonly #schema: Schema
  readonly #folder: string
  readonly #artifacts: Artifacts
  readonly #places: Place[] = []

  /** @param folder for values, made when it is first needed */
  constructor(node: string, schema: Schema, folder: string, artifacts: Artifacts) {
    this.#node = node
    this.#schema = schema
    this.#folder = folder
    this.#artifacts = artifacts
  }

  /** Whether none stands there. */
  get isEmpty(): boolean {
    return this.#places.length === 0
  }

  /** The absolute path for a place. */
  pathOf(path: Path): string {
    const port = path.reduce<Port | undefined>(
      (at, key) => at && fieldOf(at, key),
      schemaPort(this.#schema, this.#schema),
    )
    const place = this.#place(path, port ?? schemaPort({}, {}))
    this.#places.push(place)
    return place.file
  }

  #place(path: Path, port: Port): Place {
    const [artifact, ...more] = artifactsOf(port)
    if (artifact && more.every((one) => one?.kind === artifact.kind)) {
      const draft = this.#artifacts.draft(artifact.kind, fieldFileName(path, artifact.media))
      return { path, port, draft, file: (draft as { readonly path: string }).path }
    }
    onDisk('create', this.#folder, () => makeFolder(this.#folder))
    const media = isTextAlone(port) ? 'text/plain' : 'application/json'
    return { path, port, file: join(this.#folder, fieldFileName(path, media)) }
  }

  /**
   * The output that a process gave: what its `output.json` says, and what it wrote to its places.
   *
   * @throws StageFailure for what it did not write, wrote twice, or wrote wrong
   */
  read(told: Json): unknown {
    // no place for values is there: the schema says so
    if (!isObject(told)) return told
    const whole = { ...told } as { [key: string]: Json }
    const values = this.#places.filter(({ draft }) => !draft)
    for (const place of values) {
      const value = readValue(this.#node, place.path, place.file, isTextAlone(place.port))
      if (value !== undefined) this.#put(whole, place, value)
      else this.#mayLack(whole, place)
    }
    const output = mapArtifacts(this.#schema, whole, (at, { kind }) => this.#artifacts.handedOut(kind, at) as Json)
    for (const place of this.#places) {
      if (!place.draft) continue
      const isGiven = valueIn(output, place.path) !== undefined
      if (!existsSync(place.file) ? isLink(place.file) : !(isGiven && isEmptyFolder(place.file)))
        this.#put(output as object, place, place.draft)
      else this.#mayLack(output, place)
    }
    return output
  }

  /** Sets a field; the objects around it are made, and copied where they are there. */
  #put(whole: object, { path }: Place, value: unknown): void {
    let at = whole as Record<string, unknown>
    for (const [i, key] of path.entries()) {
      const there = Object.hasOwn(at, key) ? at[key] : undefined
      if (i < path.length - 1 && (there === undefined || isObject(there))) {
        const inner = { ...there }
        setKey(at, key, inner)
        at = inner
      } else if (there !== undefined) throw twice(this.#node, path)
      else setKey(at, key, value)
    }
  }

  #mayLack(whole: Json, { path, port }: Place): void {
    if (port.absent || valueIn(whole, path) !== undefined) return
    const field = showPath(path)
    throw new StageFailure(
      'no-output',
      `the process of "${this.#node}" did not write its output "${field}"`,
      `Write it to the path that stands for output.${field} among its words.`,
      { path: field },
    )
  }
}

/** What may be null is JSON, so that `null` is told from its text. */
const isTextAlone = (port: Port): boolean => isText(port) && !mayBeNull(port)

const valueIn = (whole: Json, path: Path): unknown =>
  path.reduce<unknown>((at, key) => (isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined), whole)

const twice = (node: string, path: Path): StageFailure =>
  new StageFailure(
    'invalid-output',
    `the process of "${node}" gave its output "${showPath(path)}" twice: in output.json, and in a file of its own`,
    'Leave it out of output.json, or leave its path out of the words.',
    { retry: false, path: showPath(path) },
  )

/** A link that leads nowhere; what is wrong with links is told with all that is handed out. */
const isLink = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined

/** A folder is there before the process begins. */
const isEmptyFolder = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true && readdirSync(path).length === 0
