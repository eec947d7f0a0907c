import { readFileSync } from 'node:fs'
import { dirname, relative } from 'node:path'
import { dataError, digestBytes, type Json, type Resources, stageVariables } from '@millrace/ir'
import { appendStored, makeFolder, onDisk } from '@millrace/store'
import { callStage } from './call.ts'
import { exitWith } from './exit.ts'
import { threw } from './failure.ts'
import { attemptFiles, writeWhole } from './folder.ts'
import { knownLarge } from './large-files.ts'
import { keepListener, protectListener } from './protect-listener.ts'
import { writeResult } from './result.ts'
import { failStuck, installSandbox, onStuck, outsideStage } from './sandbox.ts'
import { onSignal } from './signals.ts'
import type { Attempt, LoadedStage } from './stage.ts'
import { variablesNamed } from './variables-named.ts'
import { ownFailure } from './whose-fault.ts'
import { writeNow } from './write-now.ts'

/** What the parent tells a child of ours besides the variables of the contract. */
export interface ChildRequest {
  readonly pipeline: string
  readonly node: string
  readonly code: string
  readonly resources: Resources
  /** Names of the stage's variables. */
  readonly env: readonly string[]
  readonly attempt: number
}

/**
 * The whole life of a process that runs one stage: reads `input.json`, calls the stage that the loader gives, writes
 * `output.json` and last `done.json`. Ends the process with 0, 65 or 1.
 */
export async function runChild(request: ChildRequest, load: () => Promise<LoadedStage>): Promise<void> {
  const variable = (name: string): string => {
    const value = process.env[name]
    if (value === undefined) throw new Error(`${name} is not set: this process is started by Millrace only`)
    return value
  }
  const input = variable(stageVariables.input)
  const files = variable(stageVariables.files)
  const paths = attemptFiles(dirname(input))
  const told = new AbortController()
  const abandon = new AbortController()
  let stopping = false
  // a parent that says stop waits for the stage to end, and kills when it waited enough
  protectListener('message', (message: unknown) => {
    stopping ||= message === 'stop'
  })
  onSignal(
    () => request.node,
    (failure) => {
      told.abort(failure)
      setTimeout(() => stopping || abandon.abort(failure), 100)
    },
  )
  // the parent's death must not leave us, nor what the stage started, working for nobody
  keepListener('disconnect', () => outsideStage(() => process.kill(-process.pid, 'SIGKILL')))
  process.channel?.unref()
  const release = installSandbox(true)
  const awake = onStuck(failStuck)
  const sending: Promise<void>[] = []
  const end = async (code: number) => {
    awake()
    await Promise.all(sending)
    release()
    exitWith(code)
  }
  try {
    const bytes = onDisk('read', input, () => readFileSync(input).toString())
    const attempt: Attempt = {
      node: request.node,
      input: JSON.parse(bytes) as Json,
      files: () => {
        onDisk('create', files, () => makeFolder(files))
        return files
      },
      metric: (metric) => appendStored(variable(stageVariables.metrics), `${JSON.stringify(metric)}\n`),
      log(level, message, data) {
        if (!process.send || !process.connected) outsideStage(() => process.stderr.write(`${message}\n`))
        else {
          const line = { level, message, ...(data === undefined ? {} : { data }) }
          sending.push(new Promise((resolve) => process.send?.(line, undefined, undefined, () => resolve())))
        }
      },
      print: (text) => writeNow(1, text),
      signal: told.signal,
      abandon: abandon.signal,
      seed: Number(variable(stageVariables.seed)),
      resources: request.resources,
      worker: { index: 0, count: 1 },
      env: variablesNamed(request.env),
      attempt: request.attempt,
    }
    const stage = await load()
    const outcome = await callStage(stage, attempt)
    writeResult(
      stage,
      outcome,
      { ...paths, files },
      {
        inputDigest: digestBytes(bytes),
        codeDigest: request.code,
        index: 0,
        generation: 0,
        large: knownLarge(outcome).map((known) => ({ ...known, path: relative(files, known.path) })),
      },
    )
    await end(0)
  } catch (error) {
    const failure = ownFailure(request.node, threw(request.node, error), dirname(files))
    const told = { cause: failure.toDiagnostic(request.pipeline, request.node, {}), retry: failure.retry }
    try {
      writeWhole(paths.failure, told)
    } catch {
      // on a full disk only the channel is left
      sending.push(
        new Promise((resolve) => (process.send ? process.send({ failure: told }, () => resolve()) : resolve())),
      )
    }
    await end(failure.retry ? 1 : dataError)
  }
}
