import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type CodeIndex, packageFolder, type StageCode } from '@millrace/compiler'
import { type Digest, digestBytes } from '@millrace/ir'
import { StageFailure } from '@millrace/runner'
import type { ChildProgram } from '@millrace/runtime-local'
import { nodeOptions } from '../entry.ts'
import { type ChildTarget, childVariable } from './stage-loader.ts'

/**
 * How a stage is run in a process of its own; `undefined` where no module exports it.
 *
 * @throws StageFailure when its code is no longer what was planned
 */
export function childProgram(code: CodeIndex, stage: string): ChildProgram | undefined {
  const found = code.stages.get(stage)
  if (!found) return undefined
  checkCode(found, packageFolder(code.modules.at(-1) ?? found.file))
  const target: ChildTarget = { url: pathToFileURL(found.file).href, export: found.export }
  const entry = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../child.ts' : './child.js', import.meta.url))
  return { args: [...nodeOptions(), entry], env: { [childVariable]: JSON.stringify(target) } }
}

/** A child reads the files anew: they must still be those that the plan's keys were made of. */
function checkCode({ export: name, files }: StageCode, folder: string): void {
  for (const [source, digest] of Object.entries(files)) {
    const now = digestOf(join(folder, source))
    if (now === undefined || now === digest) continue
    throw new StageFailure(
      'wrong-code',
      `"${source}" was changed after the run began, so "${name}" is not what was planned`,
      'Run again: the changed code is planned anew.',
      { retry: false },
    )
  }
}

function digestOf(file: string): Digest | undefined {
  try {
    return digestBytes(readFileSync(file))
  } catch {
    // a folder; or gone, which importing it tells
    return undefined
  }
}
