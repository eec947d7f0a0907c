import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { formatDiagnostic } from '@millrace/ir'
import { onTestFinished } from 'vitest'
import type { StageCode } from '../../packages/compiler/src/index.ts'
import { type EmittedStage, emitStages, packStage } from '../../packages/compiler/src/index.ts'
import { unpackStage } from '../../packages/runner/src/index.ts'
import type { Files } from '../support/files.ts'
import { node, normal, root } from '../support/processes.ts'
import { program } from '../support/program.ts'

export interface Emission {
  readonly folder: string
  readonly stages: ReadonlyMap<string, EmittedStage>
  /** The diagnostics, as they are printed. */
  readonly told: string
}

/** Emits stages of a folder, given as `train` or `train@src/train.ts`; without a file it is the one of `program.ts`. */
export async function emitFrom(folder: string, keys: readonly string[]): Promise<Emission> {
  const stages = keys.map((key) => {
    const [name = '', file = 'program.ts'] = key.split('@')
    return [name, { file: join(folder, file), export: name } as StageCode] as const
  })
  const emitted = await emitStages({ stages: new Map(stages) })
  const told = emitted.diagnostics.map((diagnostic) => normal(formatDiagnostic(diagnostic), folder))
  return { folder, stages: emitted.stages, told: told.join('\n') }
}

/** Writes a program into a folder of its own and emits its stage `train`. */
export const emit = (files: Files, keys: readonly string[] = ['train']): Promise<Emission> =>
  emitFrom(program(files).folder, keys)

/** An empty folder with no node_modules in or above it. */
export function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-emitted-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export interface Ran {
  readonly output?: unknown
  readonly failure?: string
  /** What the stage printed. */
  readonly printed?: string
}

/** Runs a stage by the full contract from an empty folder, in a process of its own. */
export async function runEmitted({ stages, told }: Emission, input: unknown = {}, name = 'train'): Promise<Ran> {
  const stage = stages.get(name)
  if (!stage) throw new Error(`it was not emitted:\n${told}`)
  const folder = emptyFolder()
  const module = unpackStage(packStage(stage), join(folder, 'code'))
  const script = join(folder, 'run.mjs')
  writeFileSync(script, caller)
  const { stdout } = await promisify(execFile)(node, [script, module, JSON.stringify(input)], {
    cwd: folder,
    timeout: 30_000,
  })
  return JSON.parse(stdout.split('\n').at(-1) as string) as Ran
}

const source = (path: string): string => JSON.stringify(`file://${join(root, 'packages', path)}`)

const caller = `
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { callStage } from ${source('runner/src/index.ts')}
import { stageDefinition } from ${source('sdk/src/index.ts')}
import { assetsIn, loadedStage } from ${source('millrace/src/program/stage-loader.ts')}
import { artifactAt } from ${source('millrace/src/program/values.ts')}

const [, , path, input] = process.argv
const definition = stageDefinition((await import(pathToFileURL(path))).default)
const assets = new Map()
for (const url of assetsIn(definition.inputSchema)) assets.set(url, await artifactAt(fileURLToPath(url)))
const { signal } = new AbortController()
let printed = ''
let folder
let told
try {
  const { output } = await callStage(loadedStage(definition, (url) => assets.get(url)), {
    node: definition.name,
    input: JSON.parse(input),
    files: () => (folder ??= mkdtempSync(join(process.cwd(), 'files-'))),
    metric: () => {},
    log: () => {},
    print: (text) => { printed += text },
    signal,
    abandon: signal,
    seed: 1,
    resources: definition.options.resources,
    worker: { index: 0, count: 1 },
    env: {},
    attempt: 1,
  })
  told = { output, printed }
} catch (error) {
  told = { failure: error.message, printed }
}
process.stdout.write('\\n' + JSON.stringify(told), () => process.exit(0))
`
