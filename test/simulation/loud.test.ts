import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { chatter, loudLog } from './programs.ts'
import { inWorld } from './simulate.ts'
import type { Kill } from './troubles.ts'

/** Runs what prints more than is read at once: what the run keeps of it, and what the last driver tells. */
const heard = (kills: readonly Kill[], name = 'loud', stage = 'shout') =>
  inWorld(name, undefined, async (world, ended, root) => {
    world.startLater(1, kills)
    expect(await ended()).toBe(true)
    const { run = '', events = [] } = world.lives.at(-1) ?? {}
    const told = events.flatMap((event) => (event.event === 'log' ? [event.message] : []))
    return {
      kept: readFileSync(join(root, 'runs', run, 'logs', `${stage}.1.log`), 'utf8'),
      told,
      run,
      root,
      lives: world.lives.length,
    }
  })

const told = ['x€'.repeat(32 * 1024), 'more', '', 'last']

test('a line that is longer than what is read at once is kept whole, and told as a local run tells it', async () => {
  const { kept, ...rest } = await heard([])
  expect(kept === `${loudLog}\n`).toBe(true)
  expect(rest).toMatchObject({ told, lives: 1 })
})

test('a driver that goes on keeps a log once', async () => {
  const { kept, ...rest } = await heard([{ at: 'event', count: 4 }])
  expect(kept === `${loudLog}\n`).toBe(true)
  expect(rest).toMatchObject({ told, lives: 2 })
})

test('of more than 1 MiB the rest is kept, and told where', async () => {
  const { kept, told, run, root } = await heard([], 'chatty', 'chat')
  expect(kept === `${chatter.join('\n')}\n`).toBe(true)
  const file = join(root, 'runs', run, 'logs', 'chat.1.log')
  expect(told.at(-1)).toBe(`[more in ${file}, and in the log of the pod]`)
  expect(told.slice(0, -1)).toEqual(chatter.slice(0, told.length - 1))
  expect(told.join('\n').length).toBeGreaterThan(2 ** 20 - 200)
})
