import { formatDiagnostic } from '@millrace/ir'
import { expect, test } from 'vitest'
import type { SimJob } from './api-server.ts'
import { inWorld } from './simulate.ts'
import type { Fatal } from './troubles.ts'
import type { World } from './world.ts'

const hidden = (text: string): string => text.replace(/-[0-9a-f]{12}\b/g, '-<hex>')

/** What a driver says of a run that fails, each error whole. */
async function said(program: string, fatal: Fatal | undefined, before?: (world: World) => void): Promise<string> {
  return inWorld(program, fatal, async (world, ended) => {
    before?.(world)
    world.startLater(1, [])
    await ended()
    const errors = world.lives.at(-1)?.outcome?.errors ?? []
    return hidden(errors.map((error) => `${formatDiagnostic(error)}\n`).join(''))
  })
}

const jobOf = (world: World, stage: string): SimJob =>
  [...world.api.jobs.values()].find(({ name }) => name.startsWith(`sim-${stage}-`)) as SimJob

test('a Job that was deleted while it ran', async () => {
  expect(await said('failed', 'Job deleted')).toMatchInlineSnapshot(`
    "error[process-failed]: the Job "sim-add-<hex>" of "add" was deleted while it ran
      fix: Apply the folder again, then submit with --retry.
    error[stage-threw]: "odd.2" threw Error: 1 is odd, for good
      fix: Mend the stage.
    "
  `)
})

test('a Job that another manager suspends again and again', async () => {
  expect(await said('chain', 'Job suspended again and again')).toMatchInlineSnapshot(`
    "error[process-failed]: the Job "sim-add-<hex>" of "add" was suspended three times by "kubectl-client-side-apply" while it ran
      fix: Apply with --server-side, and keep other tools from setting spec.suspend.
    "
  `)
})

test('a Job that the driver may not change', async () => {
  expect(await said('chain', 'rights taken')).toMatchInlineSnapshot(`
    "error[process-failed]: the cluster refused to change the Job "sim-talk-<hex>" of "talk": jobs.batch "sim-talk-<hex>" is forbidden: the driver can't patch it
      fix: Look at what the message names; the rights of the driver are in its Role.
    "
  `)
})

test('a Job that ended before, without a result', async () => {
  const end = (world: World) => Object.assign(jobOf(world, 'add'), { end: 'failed', why: 'BackoffLimitExceeded' })
  expect(await said('chain', undefined, end)).toMatchInlineSnapshot(`
    "error[process-failed]: the Job "sim-add-<hex>" of "add" ended before (Failed) and has no result in the store; Kubernetes runs no Job twice
      fix: Run it again with "kubectl delete -k sim/jobs && kubectl apply --server-side -k sim".
    "
  `)
})

test('a Job that is Complete without a marker of its pod', async () => {
  expect(await said('chain', 'no marker')).toMatchInlineSnapshot(`
    "error[no-output]: "add" finished without output: the Job "sim-add-<hex>" is Complete, and no done marker came for 10 s
      fix: Check that the volume of the store shows writes to all nodes.
    "
  `)
})

test('pods whose process can not be started, as often as the Job makes them', async () => {
  expect(await said('chain', 'no start')).toMatchInlineSnapshot(`
    "error[process-failed]: three pods of "add" ended before its process could start (StartError): failed to start task: context canceled
      fix: Look at what the message names: the image has to have it, or the node is to blame.
    "
  `)
})

test('more items than a Job holds are one error of the run', { timeout: 300_000 }, async () => {
  expect(await said('crowd', undefined)).toMatchInlineSnapshot(`
    "error[does-not-fit]: "add" has 100001 items to run; an Indexed Job holds 100000
      fix: Give each item more to do, so that there are fewer.
    "
  `)
})

test('what failed runs again once its Job is applied anew, whatever the first one left', async () => {
  const statuses = await inWorld('mended', undefined, async (world, ended) => {
    world.startLater(1, [])
    await ended()
    const first = world.lives.at(-1)?.outcome
    // another pod of the same driver only tells how it ended
    world.startLater(1000, [])
    await ended()
    expect(world.lives.at(-1)?.outcome?.errors).toEqual(first?.errors)
    // a driver alone runs nothing again: its Job is Failed
    world.startLater(1000, [], { job: 'driver-2' })
    await ended()
    expect(world.lives.at(-1)?.outcome?.errors).toMatchObject([
      {
        message: '"repaired" threw Error: for good, until it is mended',
        fix: 'Run it again with "kubectl delete -k sim/jobs && kubectl apply --server-side -k sim".',
      },
    ])
    const { name, mapped } = jobOf(world, 'repaired')
    world.api.delete(name)
    world.createJob(name, mapped)
    world.startLater(30_000, [], { job: 'driver-3' })
    await ended()
    return [first, world.lives.at(-1)?.outcome].map((outcome) => [outcome?.run, outcome?.status, outcome?.output])
  })
  expect(statuses.map(([, ...end]) => end)).toEqual([
    ['failed', null],
    ['succeeded', { n: 8 }],
  ])
  // it goes on with the same run
  expect(statuses[0]?.[0]).toBe(statuses[1]?.[0])
})
