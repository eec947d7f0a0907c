import { lstatSync } from 'node:fs'
import { isAbsolute, join, relative, sep } from 'node:path'
import { type ArtifactValue, type Json, mapArtifacts, type Schema, showPath } from '@millrace/ir'
import { hasLink, storeMarkOf, verifyArtifact } from '@millrace/store'
import { StageFailure } from '../failure.ts'

interface Input {
  readonly artifact: ArtifactValue
  readonly kind: 'file' | 'folder'
  readonly field: string
  /** Its path in the store. */
  readonly shown: string
  /** As it was before its bytes were verified. */
  mark: string | undefined
}

/** The files and folders of the store that a stage reads. Their bytes must be those that were recorded, to its end. */
export class PodInputs {
  readonly #node: string
  readonly #store: string
  readonly #inputs: Input[] = []
  /** The input with absolute paths. */
  readonly value: Json

  /** @throws StageFailure for a path that leaves the store */
  constructor(node: string, schema: Schema, input: Json, store: string) {
    this.#node = node
    this.#store = store
    this.value = mapArtifacts(schema, input, (at, { kind }, field) => {
      // a string is refused by the stage's own schema
      if (typeof at === 'string') return at
      const { path: shown, ...content } = at as unknown as ArtifactValue
      const artifact = { path: join(store, shown), ...content }
      const found = { artifact, kind, field: showPath(field), shown, mark: undefined }
      if (isAbsolute(shown) || leaves(relative(store, artifact.path)))
        throw this.#failure(found, 'which is outside the store', 'Run again: the input is written anew.')
      this.#inputs.push(found)
      return artifact as unknown as Json
    })
  }

  /** @throws StageFailure */
  async verify(): Promise<void> {
    for (const input of this.#inputs) {
      input.mark = this.#markOf(input)
      const { artifact, kind } = input
      const isWhole = await verifyArtifact(artifact, kind, { strict: true, follow: false })
      if (!isWhole || this.#hasLink(input)) throw this.#failure(input, ...this.#whyNot(input))
    }
  }

  /**
   * A result must not be committed if an input changed while the stage ran, even if the input is as before by now:
   * nobody knows what the stage read.
   *
   * @throws StageFailure
   */
  verifyAgain(): void {
    for (const input of this.#inputs) {
      const mark = this.#markOf(input)
      if (mark !== undefined && mark === input.mark) continue
      throw this.#failure(input, 'which changed while it ran', 'Run again when nothing else writes to the store.')
    }
  }

  #markOf(input: Input): string | undefined {
    return storeMarkOf(this.#store, this.#inside(input), input.kind)
  }

  #hasLink(input: Input): boolean {
    return hasLink(this.#store, this.#inside(input))
  }

  #inside({ artifact }: Input): string {
    return relative(this.#store, artifact.path)
  }

  #whyNot(input: Input): readonly [string, string] {
    if (this.#hasLink(input)) return ['to which a symbolic link leads', 'Run again: what is damaged is made anew.']
    const there = lstatSync(input.artifact.path, { throwIfNoEntry: false })
    if (!there) return ["which isn't in the store any more", 'Run again: what is lost is made anew.']
    const is = there.isDirectory() ? 'folder' : 'file'
    if (is !== input.kind) return [`which is a ${is}`, `Wire a ${input.kind} into it.`]
    return ['whose bytes are not those that were recorded', 'Run again: what is damaged is made anew.']
  }

  #failure({ shown, kind, field }: Input, what: string, fix: string): StageFailure {
    const message = `"${this.#node}" got the ${kind} "${shown}", ${what}`
    return new StageFailure('invalid-input', message, fix, { retry: false, path: field })
  }
}

const leaves = (inside: string): boolean => inside === '' || inside === '..' || inside.startsWith(`..${sep}`)
