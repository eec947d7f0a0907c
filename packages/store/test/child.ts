// Run by tests as a process of its own: child.ts <what> <root> …. Says {"ready":true}, then waits for a line on stdin.
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Digest } from '@millrace/ir'
import { openStore, outputDigest } from '../src/index.ts'

import { findOne, keyOf, model, plain, work } from './values.ts'

const [what, root, ...rest] = process.argv.slice(2) as [string, string, ...string[]]
const say = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

async function start(): Promise<void> {
  say({ ready: true })
  await once(process.stdin, 'data')
}

const doing: { readonly [what: string]: () => Promise<void> } = {
  /** Commits `count` keys, each with its own output; says what it got back. */
  async commit() {
    const [name, count] = rest as [string, string]
    const { results } = openStore(root)
    await start()
    const got: unknown[] = []
    for (let i = 0; i < Number(count); i++) {
      const output = { by: name }
      const digest = outputDigest(plain, output)
      got.push((await results.commit({ key: keyOf(i), run: name, output, schema: plain, digest, metrics: [] })).output)
    }
    say(got)
  },
  /** Takes the dead run, says which, and keeps it until it is told to end. */
  async claim() {
    const { runs } = openStore(root)
    await start()
    say(runs.resume(work)?.id ?? null)
    await once(process.stdin, 'data')
  },
  /** Owns a new run until it is killed. */
  async own() {
    const run = openStore(root).runs.create(work)
    say(run.id)
    await once(process.stdin, 'data')
  },
  /** Has an attempt under way; says its folder, then at each line on stdin what is in it. */
  async attempt() {
    const run = openStore(root).runs.create({ ...work, pipeline: rest[0] as string })
    const folder = run.attempts.begin('train', 'half', keyOf('half'))
    writeFileSync(join(folder, 'model'), 'half')
    say([run.id, folder])
    for (;;) {
      await once(process.stdin, 'data')
      say(existsSync(folder) ? readdirSync(folder) : 'gone')
    }
  },
  /** Looks for a result of large artifacts; says whether it is there, and whether more than half of 1 GiB was read. */
  async large() {
    const read = () => Number(/^rchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1])
    const [key, kind, full] = rest as [Digest, 'file' | 'folder', string?]
    const { results } = openStore(root)
    const before = read()
    const schema = { type: 'object', properties: { model: { artifact: { kind } } } }
    const found = await findOne(results, key, schema, { verifyFull: full === 'full' })
    say([found === undefined ? 'miss' : 'hit', read() - before > 2 ** 29 ? 'read' : 'unread'])
  },
  /** Looks for a result with a folder as a driver does; says whether it is there. */
  async measure() {
    const schema = { type: 'object', properties: { model: { artifact: { kind: 'folder' } } } }
    const found = await findOne(openStore(root, { byLength: true }).results, rest[0] as Digest, schema)
    say(found === undefined ? 'miss' : 'hit')
  },
  /** Begins and ends a run, which removes what others left. */
  async look() {
    const run = openStore(root).runs.create({ ...work, pipeline: 'looks' })
    say(
      openStore(root)
        .runs.list()
        .map(({ pipeline, status }) => `${pipeline} ${status}`),
    )
    run.release()
  },
  /** Writes more into a journal than the system takes (ulimit -f); says what it throws at once, at a flush, for a timer, at the end. */
  async fill() {
    process.on('SIGXFSZ', () => {})
    const run = openStore(root).runs.create(work)
    const log = (message: string) =>
      run.append({ event: 'log', run: run.id, time: new Date().toISOString(), node: 'clean', level: 'info', message })
    const told: unknown[] = []
    const tell = (call: () => void): void => {
      try {
        call()
        told.push('nothing')
      } catch (error) {
        told.push((error as { diagnostics?: unknown[] }).diagnostics?.[0] ?? String(error))
      }
    }
    tell(() => log('x'.repeat(100_000)))
    tell(() => run.flush())
    log('y')
    await setTimeout(60)
    tell(() => run.flush())
    tell(() => run.release())
    say([run.path, told, existsSync(join(run.path, 'owner'))])
  },
  /** Writes as fast as it can until it is killed; says each key after it is committed. */
  async write() {
    const store = openStore(root)
    const run = store.runs.resume(work) ?? store.runs.create(work)
    const pack = store.results.openPack(run.id, { fresh: false })
    const [name] = rest as [string]
    for (let i = 0; ; i++) {
      const time = new Date().toISOString()
      run.append({ event: 'log', run: run.id, time, node: 'clean', level: 'info', message: 'x'.repeat(300) })
      const key = keyOf(`${name} ${i}`)
      const output = { by: `${i} ${'y'.repeat(300)}` }
      if (i % 3 === 0) {
        const attempt = run.attempts.begin('clean', `${name}-${i}`, key)
        writeFileSync(join(attempt, 'model'), `model ${i}`)
        const text = { path: join(attempt, 'model'), digest: keyOf(`model ${i}`), size: `model ${i}`.length }
        const digest = outputDigest(model, { model: text })
        await store.results.commit({ key, run: run.id, output: { model: text }, schema: model, digest, metrics: [] })
        run.attempts.end(attempt)
      } else pack.append({ key, output, digest: outputDigest(plain, output), metrics: [], schema: plain })
      say(i)
    }
  },
  /** Opens the store over and over and looks for every tenth key; says how often it missed one that it had seen. */
  async read() {
    await start()
    let told = false
    process.stdin.once('data', () => {
      told = true
    })
    const seen = new Set<number>()
    let missed = 0
    while (!told) {
      const store = openStore(root)
      for (let i = 0; i < Number(rest[0]); i += 10)
        if (await findOne(store.results, keyOf(i), plain)) seen.add(i)
        else if (seen.has(i)) missed++
      store.close()
      await new Promise((resolve) => setImmediate(resolve))
    }
    say([seen.size, missed])
  },
  /** Opens a pack, which merges where there are many. */
  async merge() {
    const { results } = openStore(root)
    await start()
    results.openPack('merger', { fresh: false })
    say(true)
  },
}

await doing[what]?.()
process.exit(0)
