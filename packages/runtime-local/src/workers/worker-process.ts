import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { getPriority, setPriority } from 'node:os'
import { isObject, stageVariables } from '@millrace/ir'
import {
  type FailureData,
  Lines,
  type ToldWorker,
  type WorkerState,
  type WorkerTells,
  workerPipes,
} from '@millrace/runner'
import { guardBegin, guardEnd, startGuard, tokenPrefix } from '../processes/guard.ts'
import { signalGroup } from '../processes/process-group.ts'
import { endSurvivors } from '../processes/survivors.ts'
import type { WorkerEnd, WorkerJob, WorkerStart } from './worker-job.ts'

const { execPath } = process

/** How long after its end its pipes are read, in milliseconds: what it started may hold them. */
const lastWords = 500

/** How long one that has something to do at its end may take for it, in milliseconds. */
const leaveWithin = 1000

/** How long a worker may leave a call unheard, in milliseconds: something that an earlier one left keeps it busy. */
const hearWithin = 10_000

/** With it begin the ids of all workers of this process. */
export const workerPrefix = `${tokenPrefix}w`
let workers = 0

const tooLate: FailureData = {
  code: 'stage-threw',
  message: 'the stage has ended',
  fix: 'Await all that the stage starts before it returns.',
  retry: false,
}

/** One warm worker, and the calls that it runs. */
export class WorkerProcess {
  readonly start: WorkerStart
  readonly jobs = new Map<number, WorkerJob>()
  ended = false
  /** What its calls left: processes that run, something to do at its end. */
  left = { children: false, exits: false, full: false }
  readonly #child: ChildProcess
  readonly #known = new Set<string>()
  #ending: [job: WorkerJob, tells: Parameters<WorkerJob['heard']>[0]][] = []
  readonly #lines = new Lines()
  readonly #changed: (worker: WorkerProcess) => void
  /** Every process that its calls start inherits it. */
  readonly #token = `${workerPrefix}${(workers++).toString(16)}-`
  readonly #began = performance.now()
  /** Calls that it has not taken up. */
  readonly #unheard = new Map<number, NodeJS.Timeout>()
  #odd = false
  #state: 'starts' | 'works' | 'stuck' = 'starts'
  #awaited = false

  /**
   * @param changed hears when it has started, when it has nothing to do any more, and when it has ended
   * @throws what the system says when it can't start a process
   */
  constructor(start: WorkerStart, changed: (worker: WorkerProcess) => void) {
    this.start = start
    this.#changed = changed
    startGuard()
    this.#child = spawn(execPath, start.args, {
      cwd: start.cwd,
      env: { ...start.env, [stageVariables.attempt]: this.#token },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
      // a group of its own: a terminal's signals are this process's to pass on, and what it starts ends with it
      detached: true,
    })
    const { pid } = this.#child
    if (pid === undefined) {
      this.ended = true
      // told again, in an event
      this.#child.on('error', () => {})
      throw new Error('no process can be started')
    }
    guardBegin(pid)
    giveWay(pid)
    this.#listen()
    this.#hold()
  }

  #listen(): void {
    for (const pipe of this.#pipes) pipe.on('error', () => {})
    const tells = this.#pipe(workerPipes.tells)
    this.#child.on('error', () => {})
    this.#child.on('exit', (code, signal) => {
      // what it told last is still to be heard
      const end = () => this.#end({ code, signal, odd: this.#odd })
      if (tells.closed) end()
      else tells.on('close', end)
      setTimeout(end, lastWords).unref()
      this.kill()
    })
    tells.setEncoding('utf8')
    tells.on('data', (text: string) => {
      for (const line of this.#lines.add(text)) this.#hear(line)
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8')
      stream?.on('data', (text: string) => this.#printed(text))
    }
  }

  get pid(): number {
    return this.#child.pid as number
  }

  /** Cores that its calls asked for. */
  get load(): number {
    let load = 0
    for (const { cpu } of this.jobs.values()) load += cpu
    return load
  }

  get starts(): boolean {
    return this.#state === 'starts' && !this.ended
  }

  /** It has started, and runs nothing. */
  get idle(): boolean {
    return this.#state !== 'starts' && !this.ended && this.jobs.size === 0
  }

  /** Whether it ever started. */
  get worked(): boolean {
    return this.#state !== 'starts'
  }

  /** Nothing is left in it that could settle what runs there. */
  get stuck(): boolean {
    return this.#state === 'stuck'
  }

  tell(told: ToldWorker): void {
    if (this.#state === 'stuck') this.#state = 'works'
    this.#write(workerPipes.told, told)
    this.#hold()
  }

  run(number: number, job: WorkerJob): void {
    this.jobs.set(number, job)
    const { program, call } = job
    if (!this.#known.has(program.id)) this.tell({ learn: program })
    this.#known.add(program.id)
    this.tell({ ...call, call: number, program: program.id })
    this.#unheard.set(
      number,
      setTimeout(() => this.kill(), hearWithin),
    )
  }

  /** Ends it and what is in its group. */
  killGroup(): void {
    signalGroup(this.pid, 'SIGKILL')
  }

  /** Ends it and all that it started. */
  kill(): void {
    this.killGroup()
    // also what has a group or a session of its own
    endSurvivors(this.#token, this.pid, performance.now() - this.#began)
  }

  /** Lets it do what its calls want done at its end, and ends it. */
  async leave(): Promise<void> {
    const gone = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()))
    this.#child.ref()
    this.tell({ leave: true })
    const timer = setTimeout(() => this.kill(), leaveWithin)
    await gone
    clearTimeout(timer)
  }

  /** Whether calls wait for a worker like it. */
  set awaited(is: boolean) {
    this.#awaited = is
    this.#hold()
  }

  #hear(line: string): void {
    const tells = toldIn(line)
    if (!tells) {
      this.#odd = true
      return this.kill()
    }
    if ('ready' in tells) {
      this.#state = 'works'
      return this.#changed(this)
    }
    if ('stuck' in tells) {
      this.#state = 'stuck'
      return this.#hold()
    }
    this.#hears(tells.call)
    if ('heard' in tells) return
    const job = this.jobs.get(tells.call)
    if ('folder' in tells) return this.#write(workerPipes.answers, job?.folder() ?? { failed: tooLate })
    if (!job) return
    if (!('done' in tells || 'failed' in tells || 'unloadable' in tells)) return job.heard(tells)
    // its children print to other pipes: what they printed before this line is read in this turn
    this.#ending.push([job, tells])
    if (this.#ending.length === 1) setImmediate(() => this.#settle())
  }

  #hears(call: number): void {
    clearTimeout(this.#unheard.get(call))
    this.#unheard.delete(call)
  }

  #settle(): void {
    for (const [job, tells] of this.#ending.splice(0)) {
      this.jobs.delete(tells.call)
      if ('left' in tells) this.left = tells.left
      this.#hold()
      job.heard(tells)
    }
    if (this.idle) this.#changed(this)
  }

  #printed(text: string): void {
    const [job, more] = this.jobs.values()
    // of several nobody knows whose it is; when nothing runs it is nobody's
    if (job && !more) job.print(text)
    else if (job) process.stderr.write(text)
  }

  #end(end: WorkerEnd): void {
    if (this.ended) return
    this.#settle()
    this.ended = true
    guardEnd(this.pid)
    const jobs = [...this.jobs].map(([number, job]) => ({ job, unheard: this.#unheard.has(number) }))
    for (const call of [...this.#unheard.keys()]) this.#hears(call)
    this.jobs.clear()
    this.#changed(this)
    for (const { job, unheard } of jobs) job.lost(end, jobs.length === 1 && !unheard)
  }

  /** This process stays for a worker that has, or gets, something to do. */
  #hold(): void {
    const busy = this.#awaited || (this.jobs.size > 0 && this.#state !== 'stuck')
    const change = busy ? 'ref' : 'unref'
    this.#child[change]()
    for (const pipe of this.#pipes) pipe[change]()
  }

  get #pipes(): Socket[] {
    return this.#child.stdio.filter((pipe) => pipe !== null) as unknown as Socket[]
  }

  #pipe(number: number): Socket {
    return this.#child.stdio[number] as unknown as Socket
  }

  #write(pipe: number, value: object): void {
    this.#pipe(pipe).write(`${JSON.stringify(value)}\n`)
  }
}

/** What a line says; undefined for one that no worker writes, but who writes to its pipe. */
function toldIn(line: string): WorkerTells | WorkerState | undefined {
  try {
    const told: unknown = JSON.parse(line)
    const isTold = isObject(told) && ('ready' in told || 'stuck' in told || Number.isSafeInteger(told.call))
    return isTold ? (told as unknown as WorkerTells | WorkerState) : undefined
  } catch {
    return undefined
  }
}

/** Added for workers to the `nice` value of this process, which hears signals and shows progress; 19 is the most. */
const lessUrgent = 5

function giveWay(pid: number): void {
  try {
    setPriority(pid, Math.min(19, getPriority() + lessUrgent))
  } catch {
    // it has ended
  }
}
