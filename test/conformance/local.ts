import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Event } from '@millrace/ir'
import { RunError, run } from 'millrace'
import { expect } from 'vitest'
import { problemsOf } from './events.ts'
import type { AnyPipeline, Ended, Given, Place, RunSettings } from './runtime.ts'

/** The local runtime, through `run` of `millrace`. Every run's events are checked. */
export function localPlace(settings: { readonly jobs?: number } = {}): Place {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-conformance-'))
  return {
    folder,
    world: folder,
    put: async (name, text) => {
      const path = join(folder, name)
      writeFileSync(path, text)
      return path
    },
    run: async (pipeline, input, more) =>
      ended(pipeline, input, { ...settings, ...more, store: join(folder, 'store') }),
    close: () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }),
  }
}

/** Runs a pipeline here in a store that pods share: they run as another user. */
export async function localRun<P extends AnyPipeline>(
  pipeline: P,
  input: Given<P>,
  store: string,
): Promise<Ended<Awaited<ReturnType<typeof run<P>>>>> {
  const before = process.umask(0)
  try {
    return await ended(pipeline, input, { store })
  } finally {
    process.umask(before)
  }
}

/** Runs a pipeline here and tells how it ended, without throwing. */
async function ended<P extends AnyPipeline>(
  pipeline: P,
  input: Given<P>,
  settings: RunSettings & { readonly store: string; readonly jobs?: number },
): Promise<Ended<Awaited<ReturnType<typeof run<P>>>>> {
  type Output = Awaited<ReturnType<typeof run<P>>>
  const events: Event[] = []
  const onEvent = (event: Event) => {
    events.push(event)
    settings.onEvent?.(event)
  }
  try {
    const output = await run(pipeline, input, { ...settings, onEvent })
    expect(problemsOf(events)).toEqual([])
    const last = events.at(-1) as Extract<Event, { event: 'run.finished' }>
    // what run.finished says is the whole output
    expect(last.output).toEqual(output)
    return { run: last.run, status: 'succeeded', output, errors: [], events }
  } catch (error) {
    if (!(error instanceof RunError)) throw error
    if (error.run !== null) expect(problemsOf(events)).toEqual([])
    const { run: id, status, diagnostics } = error
    return { run: id, status, output: undefined as Output, errors: diagnostics, events }
  }
}
