import { fileURLToPath, pathToFileURL } from 'node:url'
import type { CodeIndex } from '@millrace/compiler'
import type { ChildProgram } from '@millrace/runtime-local'
import { nodeOptions } from '../entry.ts'
import { type ChildTarget, childVariable } from './stage-loader.ts'

/** How a stage is run in a process of its own; `undefined` where no module exports it. */
export function childProgram(code: CodeIndex, stage: string): ChildProgram | undefined {
  const found = code.stages.get(stage)
  if (!found) return undefined
  const target: ChildTarget = { url: pathToFileURL(found.file).href, export: found.export }
  const entry = fileURLToPath(
    new URL(import.meta.url.endsWith('.ts') ? '../process/child.ts' : './child.js', import.meta.url),
  )
  return { args: [...nodeOptions(), entry], env: { [childVariable]: JSON.stringify(target) } }
}
