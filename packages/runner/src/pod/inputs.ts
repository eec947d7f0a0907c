import { statSync } from 'node:fs'
import { isAbsolute, join, relative, sep } from 'node:path'
import { type ArtifactValue, type Json, mapArtifacts, type Schema, showPath } from '@millrace/ir'
import { markOf, verifyArtifact } from '@millrace/store'
import { StageFailure } from '../failure.ts'

interface Input {
  readonly artifact: ArtifactValue
  readonly kind: 'file' | 'folder'
  readonly field: string
  /** Its path in the store. */
  readonly shown: string
  /** As it was before its bytes were verified. */
  mark: string
}

/** The files and folders of the store that a stage reads. Their bytes must be those that were recorded, to its end. */
export class PodInputs {
  readonly #node: string
  readonly #inputs: Input[] = []
  /** The input with absolute paths. */
  readonly value: Json

  /** @throws StageFailure for a path that leaves the store */
  constructor(node: string, schema: Schema, input: Json, store: string) {
    this.#node = node
    this.value = mapArtifacts(schema, input, (at, { kind }, field) => {
      // a string is refused by the stage's own schema
      if (typeof at === 'string') return at
      const { path: shown, ...content } = at as unknown as ArtifactValue
      const artifact = { path: join(store, shown), ...content }
      const found = { artifact, kind, field: showPath(field), shown, mark: '' }
      if (isAbsolute(shown) || leaves(relative(store, artifact.path)))
        throw this.#failure(found, 'which is outside the store', 'Run again: the input is written anew.')
      this.#inputs.push(found)
      return artifact as unknown as Json
    })
  }

  /** @throws StageFailure */
  async verify(): Promise<void> {
    for (const input of this.#inputs) {
      input.mark = markOf(input.artifact.path, input.kind)
      if (!(await isWhole(input))) throw this.#failure(input, ...whyNot(input))
    }
  }

  /**
   * What changed while the stage read it must not be committed as the result of what was recorded.
   *
   * @throws StageFailure
   */
  async verifyAgain(): Promise<void> {
    for (const input of this.#inputs) {
      if (markOf(input.artifact.path, input.kind) === input.mark || (await isWhole(input, true))) continue
      throw this.#failure(input, 'which changed while it ran', 'Run again when nothing else writes to the store.')
    }
  }

  #failure({ shown, kind, field }: Input, what: string, fix: string): StageFailure {
    const message = `"${this.#node}" got the ${kind} "${shown}", ${what}`
    return new StageFailure('invalid-input', message, fix, { retry: false, path: field })
  }
}

const leaves = (inside: string): boolean => inside === '' || inside === '..' || inside.startsWith(`..${sep}`)

/** @param full also what is above 1 GiB byte by byte */
const isWhole = ({ artifact, kind }: Input, full = false): Promise<boolean> =>
  verifyArtifact(artifact, kind, { full, strict: true })

function whyNot({ artifact: { path }, kind }: Input): readonly [string, string] {
  const there = statSync(path, { throwIfNoEntry: false })
  if (!there) return ["which isn't in the store any more", 'Run again: what is lost is made anew.']
  const is = there.isDirectory() ? 'folder' : 'file'
  if (is !== kind) return [`which is a ${is}`, `Wire a ${kind} into it.`]
  return ['whose bytes are not those that were recorded', 'Run again: what is damaged is made anew.']
}
