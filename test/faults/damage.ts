import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, cpSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { normal, type Ran } from '../support/processes.ts'
import { type Campaign, holds, same, type Trial } from './campaign.ts'
import { type Damage, damage, outsideOf } from './mutate.ts'
import { alike, countsOf, type Template, template, textOf, type Words, withoutPaths, works } from './store-program.ts'

const nobody = 65534

/** A case: a store with one to three damages, and how to run the program on it. */
class Case {
  readonly #trial: Trial
  readonly #of: Template
  readonly #damages: Damage[] = []
  readonly #before: readonly string[]
  readonly #work: number
  readonly #source: string

  constructor(trial: Trial) {
    this.#trial = trial
    this.#of = template(trial)
    const { random } = trial
    this.#source = random.pick(this.#of.stores)
    this.#work = random.below(works.length)
    cpSync(this.#source, this.#store, { recursive: true, verbatimSymlinks: true })
    mkdirSync(join(outsideOf(this.#store), 'deep'), { recursive: true })
    for (const name of precious) writeFileSync(join(outsideOf(this.#store), name), 'precious')
    for (let left = 1 + random.below(3); left > 0; left--) this.#damages.push(damage(this.#store, random))
    const byMode = process.getuid?.() === 0 && this.#damages.some(({ how }) => how === 'mode 000')
    if (byMode) execFileSync('chown', ['-hR', String(nobody), this.#store])
    this.#before = byMode ? ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'] : []
  }

  get #store(): string {
    return join(this.#trial.folder, 'store')
  }

  async perform(): Promise<void> {
    const { random } = this.#trial
    try {
      await this.#look(random.pick(looks))
      const ran = await this.#runs([], 'run')
      this.#whole(ran)
      this.#apart()
      const again = await this.#runs([], 'the second run')
      alike('the second run gives the same bytes', textOf(again), textOf(ran))
      same(
        'the second run',
        countsOf(again.stderr).replace(/\d+ cached/, 'n cached'),
        '1 ran, n cached, 0 skipped, 0 failed',
      )
      if (random.below(5) > 0) return
      const fresh = await this.#runs(['--fresh'], 'a fresh run')
      this.#whole(fresh)
      same('a fresh run takes nothing from the cache', countsOf(fresh.stderr), this.#of.counts[this.#work])
      alike('a fresh run overwrites', textOf(await this.#runs([], 'the run after it')), textOf(fresh))
    } catch (error) {
      const done = this.#damages.map(({ kind, how, path }) => `${kind}, ${how}: ${path}`)
      throw new Error(
        `${(error as Error).message}\n  of ${this.#source}, ${this.#words.join(' ')}\n  ${done.join('\n  ')}`,
      )
    }
  }

  get #words(): Words {
    return works[this.#work] as Words
  }

  #run(args: Words): Promise<Ran> {
    const { folder, run } = this.#trial
    const env = { GATE: 'open', MILLRACE_STORE: join(folder, 'store') }
    return run(args, { entry: this.#of.entry, before: this.#before, env, timeout: 900_000 })
  }

  /** A command that only looks: a right answer or one clear error. */
  async #look(words: readonly string[]): Promise<void> {
    const [id = '', other = ''] = readdirSync(join(this.#source, 'runs')).filter((name) => /^\d/.test(name))
    const args = words.flatMap((word) =>
      word === 'WORK' ? this.#words : word === 'ID' ? id : word === 'OTHER' ? other : word,
    )
    const ran = await this.#run(args)
    const what = args.join(' ')
    this.#clear(what, ran)
    if (ran.code === 0) return
    const [, code = ''] = /^error\[([\w-]+)\]/m.exec(ran.stderr) ?? []
    const allowed = { 2: ['unknown-run', 'unknown-stage'], 5: ['store-failed', 'store-version'] }[ran.code ?? 0] ?? []
    holds(`${what} ended with ${ran.code}, ${code}:\n${ran.stderr}`, allowed.includes(code))
    same(`${what}: errors`, ran.stderr.match(/^error\[/gm)?.length, 1)
    if (ran.code === 5) this.#blamed(what, ran)
  }

  /** Ends with 0, if need be after what an error names was taken out of the way. */
  async #runs(more: Words, what: string): Promise<Ran> {
    for (let tries = 4; ; tries--) {
      const ran = await this.#run([...this.#words, ...more])
      this.#clear(what, ran)
      if (ran.code === 0) return ran
      holds(`${what} ended with ${ran.code}:\n${ran.stderr}`, ran.code === 5 && tries > 0)
      same(`${what} fails and prints an output`, ran.stdout, '')
      const { path, how } = this.#blamed(what, ran)
      if (how === 'mode 000') chmodSync(join(this.#store, path), 0o755)
      else rmSync(join(this.#store, path), { recursive: true })
    }
  }

  /** The damage that an error names. */
  #blamed(what: string, { stderr }: Ran): Damage {
    const [, named = ''] = /^error\[store-(?:failed|version)\]: .*?"([^"]*)"/m.exec(stderr) ?? []
    const path = named.replace(/^<dir>\//, '').replace(/^store\/?/, '')
    const found = this.#damages.find(({ kind, path: own }) => {
      const at = normal(own, this.#trial.folder)
      if (path === '') return own === 'format.json'
      // of a folder that is an artifact, the digest is that of all its files
      return (
        path === at ||
        path.startsWith(`${at}/`) ||
        (kind === 'artifact' && path.includes('/files/') && at.startsWith(`${path}/`))
      )
    })
    if (!found) throw new Error(`${what} blames "${named}", which is not what was damaged:\n${stderr}`)
    return found
  }

  #clear(what: string, { code, signal, stderr }: Ran): void {
    holds(`${what} hangs:\n${stderr}`, signal === null)
    const own = /internal-error|^\s+at .*(?:node:|\.js:\d+:\d+)|^Node\.js v/m
    holds(`${what} shows what is our own:\n${stderr.slice(-3000)}`, !own.test(stderr))
    holds(`${what} says nothing (${code})`, code === 0 || /^error\[/m.test(stderr))
  }

  /** What is beside the store, and linked into it, is as it was. */
  #apart(): void {
    const names = readdirSync(outsideOf(this.#store), { recursive: true, encoding: 'utf8' }).sort()
    same('what is outside', names, ['deep', ...precious])
    for (const name of precious) same(name, readFileSync(join(outsideOf(this.#store), name), 'utf8'), 'precious')
  }

  /** The output is the truth, and where it says that an artifact lies, its bytes lie. */
  #whole(ran: Ran): void {
    alike('the output', withoutPaths(textOf(ran)), this.#of.truths[this.#work] as string)
    const open: unknown[] = ran.events()
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (typeof at !== 'object' || at === null) continue
      const { path, digest } = at as { readonly path?: unknown; readonly digest?: unknown }
      if (typeof path !== 'string') open.push(...Object.values(at))
      else same(`the bytes of ${path}`, digestAt(path), digest)
    }
  }
}

const precious = ['deep/precious', 'journal.jsonl', 'precious']

const looks: readonly Words[] = [
  ['plan', 'WORK'],
  ['graph'],
  ['runs', 'list'],
  ['runs', 'list', '--json'],
  ['runs', 'show'],
  ['runs', 'show', 'ID'],
  ['runs', 'show', 'ID', '--json'],
  ['runs', 'logs'],
  ['runs', 'logs', 'ID'],
  ['runs', 'logs', 'ID', 'noisy'],
  ['runs', 'compare', 'ID', 'OTHER'],
  ['runs', 'fetch', 'ID', 'store/fetched'],
  ['store', 'prune', '--dry-run'],
  ['store', 'prune'],
]

const hash = (bytes: string | Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/** By the contract, written anew. */
function digestAt(path: string): string {
  if (lstatSync(path).isFile()) return hash(readFileSync(path))
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) =>
    lstatSync(join(path, name)).isFile(),
  )
  const line = (name: string) =>
    `${name}\0${hash(readFileSync(join(path, name)))}\0${lstatSync(join(path, name)).mode & 0o100 ? 1 : 0}\n`
  return hash(names.sort().map(line).join(''))
}

export const damaged: Campaign = {
  name: 'damage',
  what: 'a damaged store gives recomputed results or a clear error, never a wrong one',
  sample: 40,
  full: 1000,
  async perform(trial) {
    await new Case(trial).perform()
    return undefined
  },
}
