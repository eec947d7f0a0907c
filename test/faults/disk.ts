import { execFileSync } from 'node:child_process'
import { cpSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Ran } from '../support/processes.ts'
import { type Campaign, holds, type Trial } from './campaign.ts'
import { callsOn, chooseFault, injections, type SystemCall, tell, traced } from './injected.ts'
import { alike, type Template, template, textOf, type Words, withoutPaths, works } from './store-program.ts'

const can = (command: string, ...args: readonly string[]): boolean => {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Why a way of failing can't be had on this machine, by way; asked once. */
const missing: { [way: string]: string | undefined } = {}
const whyNot = (way: Way): string | undefined => {
  if (!(way in missing)) missing[way] = can(...ways[way].needs) ? undefined : `${way}: no ${ways[way].needs[0]}`
  return missing[way]
}

type Way = 'injected' | 'full' | 'few files'
const ways: { readonly [way in Way]: { readonly share: number; readonly needs: readonly [string, ...string[]] } } = {
  injected: { share: 16, needs: ['strace', '-f', '--seccomp-bpf', '-e', 'inject=sync:error=EIO', 'true'] },
  full: { share: 3, needs: ['unshare', '-m', 'mount', '-t', 'tmpfs', '-o', 'size=64k', 'none', '/mnt'] },
  'few files': { share: 1, needs: ['sh', '-c', 'ulimit -n 40'] },
}

/** The store calls of a run without a fault, by what is there before and what runs; they are the same in every case. */
const baselines = new Map<string, Promise<readonly SystemCall[]>>()

class Case {
  readonly #trial: Trial
  readonly #of: Template
  readonly #work: number
  readonly #filled: boolean
  readonly #way: Way

  constructor(trial: Trial) {
    this.#trial = trial
    this.#of = template(trial)
    const { random } = trial
    this.#way = random.pick((Object.keys(ways) as Way[]).flatMap((way) => Array<Way>(ways[way].share).fill(way)))
    this.#filled = random.below(2) === 0
    this.#work = random.below(3)
  }

  async perform(): Promise<string | undefined> {
    const why = whyNot(this.#way)
    if (why) return why
    if (this.#way === 'injected') return this.#injected()
    this.#reset()
    if (this.#way === 'full') return this.#full()
    return this.#fewFiles()
  }

  get #store(): string {
    return join(this.#trial.folder, 'store')
  }

  #reset(): void {
    rmSync(this.#store, { recursive: true, force: true })
    if (this.#filled) cpSync(this.#of.stores[0] as string, this.#store, { recursive: true, verbatimSymlinks: true })
  }

  #run(before: readonly string[] = []): Promise<Ran> {
    const env = { GATE: 'open', UV_THREADPOOL_SIZE: '1' }
    return this.#trial.run(works[this.#work] as Words, { entry: this.#of.entry, before, env, timeout: 900_000 })
  }

  async #injected(): Promise<string | undefined> {
    const log = join(this.#trial.folder, 'trace')
    const kind = `${this.#filled} ${this.#work}`
    let baseline = baselines.get(kind)
    if (!baseline) {
      baseline = this.#trace(log)
      baselines.set(kind, baseline)
    }
    const calls = await baseline
    for (let tries = 8; tries > 0; tries--) {
      const fault = chooseFault(calls, this.#trial.random)
      this.#reset()
      const inject = `inject=${fault.call.name}:error=${fault.error}:when=${fault.call.ordinal}`
      const ran = await this.#run(traced(log, '-e', inject))
      const hit = callsOn(log, this.#store).filter(({ injected }) => injected)
      // the count of calls is not the same in each run: what was hit may be no store's
      if (hit.length === 0 || hit.length < injections(log)) continue
      await this.#ends(ran, tell({ ...fault, call: hit[0] as SystemCall }), hit)
      return undefined
    }
    return 'injected: no call on the store was hit'
  }

  async #trace(log: string): Promise<readonly SystemCall[]> {
    this.#reset()
    await this.#run(traced(log))
    return callsOn(log, this.#store)
  }

  /** A file system of its own that is too small, until it is made larger. */
  async #full(): Promise<undefined> {
    const { folder, random } = this.#trial
    const size = 4 * (2 + random.below(this.#filled ? 300 : 700)) + (this.#filled ? 4200 : 0)
    const script = `
      mkdir -p store; mv store prepared; mkdir store
      mount -t tmpfs -o size=${size}k none store || exit 99
      cp -r prepared/. store/ 2>/dev/null
      "$@" >first.out 2>first.err; echo $? >first.code
      mount -o remount,size=64m store
      exec "$@"`
    const ran = await this.#run(['unshare', '-m', 'sh', '-c', script, 'sh'])
    const read = (name: string) => readFileSync(join(folder, `first.${name}`), 'utf8')
    const first: Ran = {
      ...ran,
      code: Number(read('code')),
      stdout: read('out'),
      stderr: read('err'),
      events: () => parsed(read('out')),
    }
    this.#ended(first, `a disk of ${size} KiB`, [])
    this.#healed(ran, `a disk of ${size} KiB`)
    return undefined
  }

  async #fewFiles(): Promise<string | undefined> {
    const limit = 18 + this.#trial.random.below(30)
    const ran = await this.#run(['sh', '-c', `ulimit -n ${limit}; exec "$@"`, 'sh'])
    // Node itself, or the program's own imports, needed more
    if (ran.code !== 0 && !ran.stderr.includes('error[')) return 'few files: not enough to start'
    await this.#ends(ran, `${limit} open files`, [])
    return undefined
  }

  async #ends(ran: Ran, what: string, hit: readonly SystemCall[]): Promise<void> {
    this.#ended(ran, what, hit)
    this.#healed(await this.#run(), what)
  }

  /** With the right output, or with 5 and a path and a cause; with 1 where it was the stage's own call that failed. */
  #ended({ code, signal, stdout, stderr, events }: Ran, what: string, hit: readonly SystemCall[]): void {
    const told = `${what}\n${stderr.slice(-2500)}`
    // Node ends the process where the stage's own readFileSync can't close its file
    const abort = signal === 'SIGABRT' && /node::Assert[\s\S]*readFileSync[\s\S]*program\.ts/.test(stderr)
    if (abort && hit.every(({ name }) => name === 'close')) return
    holds(`it hangs: ${told}`, signal === null)
    holds(
      `it shows what is our own: ${told}`,
      !/internal-error|^\s+at .*(?:node:|\.js:\d+:\d+)|^Node\.js v/m.test(stderr),
    )
    if (code === 0)
      return alike(`the output, ${told}`, withoutPaths(textOf({ events })), this.#of.truths[this.#work] as string)
    holds(`it prints an output and fails: ${told}`, stdout === '')
    if (code === 5) {
      const error = /^error\[store-failed\]: can't \w+ "([^"]+)": (E[A-Z]+), /m.exec(stderr)
      holds(`it names no path and no cause: ${told}`, error !== null)
      holds(`it names another path: ${told}`, error?.[1]?.includes('store') === true)
      const wanted = /^E[A-Z]+/.exec(what)?.[0]
      holds(`it names another cause: ${told}`, wanted === undefined || error?.[2] === wanted)
      return
    }
    holds(`it ends with ${code}: ${told}`, code === 1)
    if (/^error\[process-failed\]: this process can (?:open no more files|start no )/m.test(stderr)) {
      holds(`it has files left: ${told}`, / open files$/.test(what))
      return
    }
    const own = /^error\[stage-threw\]: "[\w[\].]+" threw Error: (?:E[A-Z]+|Unknown system error -122): /m.test(stderr)
    holds(`it blames the stage: ${told}`, own && hit.every(({ text }) => /attempts\/[^"]*\/files\//.test(text)))
    const room =
      !/ENOSPC|error -122/.test(stderr) || /^ {2}fix: Free some space on the disk of ".*attempts/m.test(stderr)
    holds(`it does not say where to make room: ${told}`, room)
  }

  #healed({ code, stderr, events }: Ran, what: string): void {
    holds(`the next run ends with ${code}, after ${what}\n${stderr.slice(-2500)}`, code === 0)
    alike(`the next run, after ${what}`, withoutPaths(textOf({ events })), this.#of.truths[this.#work] as string)
  }
}

const parsed = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>)

export const disk: Campaign = {
  name: 'disk',
  what: 'what the disk refuses is named with its path, exit 5, and the next run heals',
  sample: 16,
  full: 1000,
  perform: (trial) => new Case(trial).perform(),
}
