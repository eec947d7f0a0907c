import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Diagnostic, Json } from '@millrace/ir'
import { pipelineDefinition } from '@millrace/sdk'
import { drawMermaid } from '../../packages/millrace/src/reports/mermaid.ts'
import { makePlan, readAssets, readCode, readProgram } from '../../packages/millrace/src/program/program.ts'
import { sortedJson } from '../../packages/millrace/src/reports/sorted-json.ts'
import { readInput } from '../../packages/millrace/src/program/values.ts'

/** What is kept of an example, by file name. */
export interface Goldens {
  readonly 'graph.json': string
  readonly 'graph.mmd': string
  /** The Plan of a run without parameters. */
  readonly 'plan.json': string
}

/** The goldens of the pipeline `name` of a program. */
async function goldensOf(entry: string, name: string): Promise<Goldens> {
  const importModule = (url: string) => import(url) as Promise<Readonly<Record<string, unknown>>>
  const module = await importModule(pathToFileURL(entry).href)
  const pipeline = Object.values(module).find((value) => pipelineDefinition(value)?.name === name)
  if (!pipeline) throw new Error(`${entry} exports no pipeline "${name}"`)
  const program = readProgram(pipeline as Parameters<typeof readProgram>[0])
  const assets = await readAssets(program)
  const problems: Diagnostic[] = [...program.diagnostics]
  const origin = { pipeline: name, what: 'the input', place: () => ({}) }
  const asset = (token: string) => assets.get(token) as unknown as Json
  const input = await readInput(program.graph.input, {}, origin, asset, problems)
  const cache = mkdtempSync(join(tmpdir(), 'millrace-golden-'))
  const code = await readCode(program, { entry, importModule, kept: { cache } })
  rmSync(cache, { recursive: true })
  const { plan, diagnostics } = makePlan(program, code, assets, input)
  problems.push(...code.diagnostics, ...diagnostics)
  if (problems.length > 0) throw new Error(JSON.stringify(problems, undefined, 2))
  return {
    'graph.json': `${sortedJson(program.graph)}\n`,
    'graph.mmd': `${drawMermaid(program.graph)}\n`,
    'plan.json': `${sortedJson(plan)}\n`,
  }
}

const [entry, name] = process.argv.slice(2)
if (entry !== undefined && name !== undefined)
  process.stdout.write(JSON.stringify(await goldensOf(resolve(entry), name)), () => process.exit())
