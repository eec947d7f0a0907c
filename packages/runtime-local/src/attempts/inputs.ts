import { statSync } from 'node:fs'
import { relative } from 'node:path'
import { type ArtifactValue, type Json, mapArtifacts, type PlanStageSpec, showPath } from '@millrace/ir'
import { StageFailure } from '@millrace/runner'
import { attemptsIn, markOf, verifyArtifact } from '@millrace/store'

const readOnly = 'Run again when nothing writes there; a stage writes to context.file() and context.folder() only.'

interface Input {
  readonly artifact: ArtifactValue
  readonly kind: 'file' | 'folder'
  readonly field: string
  /** As it was before its bytes were verified. */
  mark: string
}

/** The files and folders that a call reads. Their bytes must be those that were recorded, from its start to its end. */
export class Inputs {
  readonly #node: string
  readonly #full: boolean
  readonly #inputs: Input[] = []

  constructor(spec: PlanStageSpec, node: string, input: Json, full: boolean) {
    this.#node = node
    this.#full = full
    mapArtifacts(spec.input, input, (at, { kind }, field) => {
      this.#inputs.push({ artifact: at as unknown as ArtifactValue, kind, field: showPath(field), mark: '' })
      return at
    })
  }

  /** Whether there are none. */
  get none(): boolean {
    return this.#inputs.length === 0
  }

  /** @throws StageFailure */
  async verify(): Promise<void> {
    for (const input of this.#inputs) {
      input.mark = markOf(input.artifact.path, input.kind)
      if (!(await this.#isWhole(input))) throw this.#failure(input, whyNot(input))
    }
  }

  /**
   * What changed while the stage read it must not be committed as the result of what was recorded.
   *
   * @throws StageFailure
   */
  async verifyAgain(): Promise<void> {
    for (const input of this.#inputs) {
      if (markOf(input.artifact.path, input.kind) === input.mark || (await this.#isWhole(input, true))) continue
      throw this.#failure(input, ['which changed while it ran', readOnly])
    }
  }

  #isWhole({ artifact, kind }: Input, full = this.#full): Promise<boolean> {
    return verifyArtifact(artifact, kind, { full, strict: true })
  }

  #failure({ artifact, kind, field }: Input, [what, fix]: readonly [string, string]): StageFailure {
    const message = `"${this.#node}" got the ${kind} "${shown(artifact.path)}", ${what}`
    return new StageFailure('invalid-input', message, fix, { retry: false, path: field })
  }
}

function whyNot({ artifact: { path }, kind }: Input): readonly [string, string] {
  // what a stage gave is made anew; what the user gave is the user's
  const ours = attemptsIn(path).length > 0
  const there = statSync(path, { throwIfNoEntry: false })
  if (!there)
    return [
      "which isn't there any more",
      ours ? 'Run again: what is lost is made anew.' : 'Put it back, and run again.',
    ]
  const is = there.isDirectory() ? 'folder' : 'file'
  if (is !== kind) return [`which is a ${is}`, `Wire a ${kind} into it.`]
  return ours
    ? ['whose bytes are not those that were recorded', 'Run again: what is damaged is made anew.']
    : ['which changed after the run began', 'Run again when nothing writes there.']
}

/** A path as the user would type it here. */
export const shown = (path: string): string => {
  try {
    const here = relative(process.cwd(), path)
    return here.startsWith('..') ? path : here
  } catch {
    // the current folder is gone
    return path
  }
}
