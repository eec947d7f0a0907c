import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname, uptime } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openStore } from '../src/index.ts'
import { posix } from './hostile.ts'
import { type Child, childAfter, folder, go, newRoot, write } from './support.ts'
import { work } from './values.ts'

const bootId = '/proc/sys/kernel/random/boot_id'
const [day, minute] = [86_400_000, 60_000]

/** Words before a command that give it a boot of its own, as on another machine of the same name. */
function otherBoot(): readonly string[] {
  const file = join(folder(), 'boot')
  writeFileSync(file, '11111111-2222-3333-4444-555555555555\n')
  const alone = process.getuid?.() === 0 ? ['unshare', '-m'] : ['unshare', '-rm']
  return [...alone, 'sh', '-c', `mount --bind ${file} ${bootId} && exec "$@"`, 'sh']
}

/** A pid namespace of its own on the same boot, as of another container; every process there is the first. */
const spaces: Readonly<Record<string, readonly string[]>> = {
  'of two containers on one machine': ['unshare', '-pf', '--mount-proc', '--kill-child'],
  'of two containers that see the processes of the machine': ['unshare', '-pf', '--kill-child'],
}

const can = (before: readonly string[]): boolean => {
  try {
    const [command = '', ...words] = [...before, 'true']
    execFileSync(command, words, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const ask = async (child: Child): Promise<unknown> => {
  go([child])
  return child.next()
}

const kill = async ({ process, end }: Child): Promise<void> => {
  process.kill('SIGKILL')
  await end
}

const ownerOf = (root: string, id: string): string => join(root, 'runs', id, 'owner')

function silent(path: string, milliseconds: number): void {
  const then = new Date(statSync(path).mtimeMs - milliseconds)
  utimesSync(path, then, then)
}

test.runIf(can(otherBoot()))('of two machines with one name neither removes what the other writes', async () => {
  const root = newRoot()
  const [here, there] = [childAfter([], 'attempt', root, 'here'), childAfter(otherBoot(), 'attempt', root, 'there')]
  const [, [id]] = (await Promise.all([here.next(), there.next()])) as [[string], [string]]
  expect(JSON.parse(readFileSync(ownerOf(root, id), 'utf8'))).toMatchObject({ host: hostname() })
  for (const before of [[], otherBoot()]) {
    const seen = await childAfter(before, 'look', root).next()
    expect(seen).toEqual(expect.arrayContaining(['here running', 'looks running', 'there running']))
    expect([await ask(here), await ask(there)]).toEqual([['model'], ['model']])
  }
  // one that was killed is still another machine's, until it gave no sign of life for long enough
  await kill(there)
  expect(openStore(root).runs.find(id)).toMatchObject({ status: 'running' })
  silent(ownerOf(root, id), day + minute)
  expect(openStore(root).runs.find(id)).toMatchObject({ status: 'interrupted' })
  openStore(root).runs.create(work).release()
  expect(existsSync(join(root, 'attempts/train', `${id}-half`))).toBe(false)
  expect(await ask(here)).toEqual(['model'])
})

for (const [which, space] of Object.entries(spaces))
  test.runIf(can(space))(`${which} neither removes what the other writes`, async () => {
    const root = newRoot()
    const inside = childAfter(space, 'attempt', root, 'inside')
    const [id] = (await inside.next()) as [string]
    expect(JSON.parse(readFileSync(ownerOf(root, id), 'utf8'))).toMatchObject({ pid: 1 })
    for (const before of [[], space]) {
      expect(await childAfter(before, 'look', root).next()).toContain('inside running')
      expect(await ask(inside)).toEqual(['model'])
    }
  })

test.runIf(existsSync('/etc/machine-id') && uptime() > 600)(
  'what a machine did before it was booted anew is over as soon as it was silent since',
  () => {
    const root = newRoot()
    const { runs } = openStore(root)
    const run = runs.create(work)
    const owner = JSON.parse(readFileSync(ownerOf(root, run.id), 'utf8'))
    const say = (more: object, age: number): unknown => {
      writeFileSync(ownerOf(root, run.id), JSON.stringify({ ...owner, boot: 'before', ...more }))
      silent(ownerOf(root, run.id), age)
      return runs.find(run.id)
    }
    const since = uptime() * 1000
    // what is silent for a day is over, whatever machine it was
    expect(say({}, Math.min(since, day) - 5 * minute)).toMatchObject({ status: 'running' })
    expect(say({}, since + minute)).toMatchObject({ status: 'interrupted' })
    // of another machine that says nothing
    if (since + minute < day) {
      expect(say({ machine: 'another' }, since + minute)).toMatchObject({ status: 'running' })
      expect(say({ host: 'another' }, since + minute)).toMatchObject({ status: 'running' })
    }
    expect(say({ machine: 'another' }, day + minute)).toMatchObject({ status: 'interrupted' })
    expect(say({ machine: ['another'] }, 0)).toMatchObject({ status: 'interrupted' })
    run.release()
  },
)

test.runIf(can(['sh', '-c', 'ps -o lstart= -p 1']) && posix)(
  'on a Mac the boot session and the time of its start tell a process',
  async () => {
    const root = newRoot()
    const at = folder()
    const boot = (id: string) => write(join(at, 'boot'), `${id}\n`)
    write(join(at, 'mac.mjs'), "Object.defineProperty(process, 'platform', { value: 'darwin' })")
    write(join(at, 'sysctl'), `#!/bin/sh\n[ "$*" = "-n kern.bootsessionuuid" ] && cat ${at}/boot\n`)
    chmodSync(join(at, 'sysctl'), 0o755)
    const mac = ['env', `NODE_OPTIONS=--import=${join(at, 'mac.mjs')}`, `PATH=${at}:${process.env.PATH}`]
    boot('SESSION-1')
    const owner = childAfter(mac, 'own', root)
    const id = String(await owner.next())
    const kept = JSON.parse(readFileSync(ownerOf(root, id), 'utf8'))
    expect(kept).toMatchObject({ boot: 'SESSION-1', start: expect.stringMatching(/^\d{10}$/) })
    const look = async () =>
      ((await childAfter(mac, 'look', root).next()) as string[]).find((run) => /^digits/.test(run))
    expect(await look()).toBe('digits running')
    writeFileSync(ownerOf(root, id), JSON.stringify({ ...kept, start: String(Number(kept.start) - 100) }))
    expect(await look()).toBe('digits interrupted')
    writeFileSync(ownerOf(root, id), JSON.stringify(kept))
    await kill(owner)
    // in another session nobody can ask for it
    boot('SESSION-2')
    expect(await look()).toBe('digits running')
    boot('SESSION-1')
    expect(await look()).toBe('digits interrupted')
  },
)

test('an owner beats by the clock of the file system, whatever time it is for this process', async () => {
  const root = newRoot()
  const { runs } = openStore(root)
  const run = runs.create(work)
  writeFileSync(ownerOf(root, run.id), JSON.stringify({ pid: 1, host: 'elsewhere', boot: 'another' }))
  const real = Date.now
  try {
    for (const ahead of [-400 * day, 400 * day]) {
      Date.now = () => real() + ahead
      expect(runs.find(run.id)).toMatchObject({ status: 'running' })
    }
  } finally {
    Date.now = real
  }
  run.release()
})
