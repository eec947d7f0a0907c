import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Call, CallEvents, type LogReplay, type RunJournal } from '@millrace/engine'
import type { ClusterJob, Event, Plan, PlanStage, WorkItem } from '@millrace/ir'
import type { RunFolder } from '@millrace/store'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { Cluster } from '../src/api/cluster.ts'
import { newItemCall } from '../src/driver/item-call.ts'
import { JobFolder } from '../src/driver/job-folder.ts'
import { newJobRun, setItems } from '../src/driver/job-run.ts'
import type { Outcomes } from '../src/driver/outcomes.ts'
import { PodWatcher } from '../src/driver/pod-watcher.ts'

const node = { kind: 'stage', id: 'n', stage: 's' } as PlanStage
const plan = { pipeline: 'p', nodes: [node], stages: { s: { name: 's', output: {} } } } as unknown as Plan

/** A Job of which so many pods run, and what was told of them. */
function running(pods: number) {
  const root = mkdtempSync(join(tmpdir(), 'millrace-watch-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  const run = newJobRun(node, { name: 'job' } as ClusterJob)
  const events: (Event & { readonly node?: string })[] = []
  run.phase = 'runs'
  run.uid = 'job-uid'
  setItems(
    run,
    Array.from({ length: pods }, (_, i) =>
      newItemCall({ node, index: [i] } as unknown as Call, { resources: {} } as WorkItem),
    ),
  )
  run.folder = new JobFolder(root, run.uid)
  run.folder.release({ version: 1, run: 'r', items: [] }, [])
  const journal = { emit: (event: Event) => events.push(event) } as unknown as RunJournal
  const dependencies = {
    plan,
    root,
    folder: { logFile: (_: string, index: readonly number[]) => join(root, `${index}.log`) } as unknown as RunFolder,
    events: new CallEvents(journal, {} as LogReplay),
    cluster: {} as Cluster,
    again: '',
  }
  const watch = new PodWatcher(dependencies, [run], {} as Outcomes)
  const rest = { jobUid: 'job-uid', deleted: false, disrupted: false, waits: undefined, exit: undefined }
  for (let index = 0; index < pods; index++)
    watch.saw({ ...rest, uid: `pod${index}`, job: 'job', index, begun: true, phase: 'Running' } as never)
  const put = (index: number, name: string, text: string): void => {
    const folder = join(root, 'jobs/job-uid/attempts', `${index}-pod${index}`)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  const told = (name: Event['event']) =>
    events.flatMap((event) => (event.event === name && 'index' in event ? [event.index?.[0] as number] : []))
  return { look: () => watch.look(run), put, told }
}

test('pods of one Job that write much wait for their turn, and each has one', () => {
  const { look, put, told } = running(10)
  for (let i = 0; i < 10; i++) put(i, 'log.txt', 'one\n')
  let now = performance.now()
  // each look at a clock takes a while
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => {
    now += 60
    return now
  })
  onTestFinished(() => clock.mockRestore())
  look()
  // those that came before others were looked at then
  expect(told('log')).toEqual([9, 8])
  for (let looks = 0; looks < 4; looks++) look()
  expect(told('log')).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0])
  for (let i = 0; i < 10; i++) put(i, 'log.txt', 'one\ntwo\n')
  look()
  expect(told('log').slice(10)).toEqual([9, 8])
})

test('of many metrics some are told at each look', () => {
  const { look, put, told } = running(1)
  const line = `${JSON.stringify({ name: 'a', value: 1, time: '2026-01-02T03:04:05Z' })}\n`
  put(0, 'metrics.jsonl', line.repeat(20_000))
  look()
  expect(told('metric').length).toBe(Math.floor((256 * 1024) / line.length))
  for (let looks = 0; looks < 5; looks++) look()
  expect(told('metric').length).toBe(20_000)
})
