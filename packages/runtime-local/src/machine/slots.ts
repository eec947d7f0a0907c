import type { Capacity, Share } from './capacity.ts'
import { Devices } from './devices.ts'
import type { Waits } from './waiting.ts'

/** A place on the machine; `gpus` are the device numbers that the holder alone may use. */
export interface Lease {
  readonly gpus: readonly number[]
  release(): void
}

interface Waiter<T> {
  readonly who: T
  readonly order: number
  readonly share: Share
  start(lease: Lease): void
}

/** How many may pass the one that has waited longest; then the machine is kept free until it fits. */
const patience = 64

/** Packs work onto the machine by its requests: first come, first served, but some small work may pass large work. */
export class Slots<T> {
  #cpu: number
  #memory: number
  #jobs: number
  #order = 0
  readonly #whole: Capacity
  readonly #atOnce: number
  readonly #devices: Devices
  /** Waiters with equal requests stand in one line, so that a look costs as many steps as there are lines. */
  readonly #lines = new Map<string, { readonly waiters: Waiter<T>[]; next: number }>()

  /** @param types of GPUs that may be asked for */
  constructor(machine: Capacity, jobs = Number.POSITIVE_INFINITY, types: () => Iterable<string> = () => []) {
    this.#cpu = machine.cpu
    this.#memory = machine.memory
    this.#jobs = jobs
    this.#whole = machine
    this.#atOnce = jobs
    this.#devices = new Devices(machine, types)
  }

  /** Calls `start` when there is room, perhaps at once. */
  enter(share: Share, who: T, start: (lease: Lease) => void): void {
    const kind = `${share.cpu} ${share.memory} ${share.gpu} ${share.gpuType}`
    let line = this.#lines.get(kind)
    if (!line) {
      line = { waiters: [], next: 0 }
      this.#lines.set(kind, line)
    }
    line.waiters.push({ who, order: this.#order++, share, start })
    this.#serve()
  }

  /** Forgets all who wait, and tells who they were. */
  clear(): T[] {
    const waiting = [...this.#lines.values()].flatMap(({ waiters, next }) => waiters.slice(next).map(({ who }) => who))
    this.#lines.clear()
    return waiting
  }

  /** The first of each line of equal requests, and what it waits for. */
  *first(): Iterable<Waits<T>> {
    for (const { waiters, next } of this.#lines.values()) {
      const head = waiters[next]
      if (head) yield { who: head.who, ...this.#lack(head.share) }
    }
  }

  #lack(share: Share): { readonly lacks: string; readonly reason: string } {
    const lacks: string[] = []
    const reasons: string[] = []
    const look = (what: string, needs: number, free: number, all: number, show: (n: number) => string) => {
      if (needs <= free + 1e-9) return
      lacks.push(what)
      reasons.push(`${what} ${show(needs)} (${show(free)} of ${show(all)} free)`)
    }
    look('cpu', share.cpu, this.#cpu, this.#whole.cpu, (n) => String(Math.round(n * 100) / 100))
    look('memory', share.memory, this.#memory, this.#whole.memory, (n) => `${Math.floor((n / 2 ** 30) * 10) / 10}Gi`)
    for (const { what, needs, free, all } of this.#devices.needs(share)) look(what, needs, free, all, String)
    if (lacks.length > 0) return { lacks: lacks.join(), reason: `needs ${reasons.join(', ')}` }
    if (this.#jobs < 1) return { lacks: 'jobs', reason: `no more than ${this.#atOnce} may run at once` }
    return { lacks: 'turn', reason: 'a larger call that has waited longer goes first' }
  }

  #serving = false
  #serve(): void {
    if (this.#serving) return
    this.#serving = true
    for (let waiter = this.#next(); waiter; waiter = this.#next()) waiter.start(this.#lease(waiter.share))
    this.#serving = false
  }

  #next(): Waiter<T> | undefined {
    if (this.#jobs < 1) return undefined
    let first: { readonly waiters: Waiter<T>[]; next: number } | undefined
    let oldest = Number.POSITIVE_INFINITY
    for (const line of this.#lines.values()) {
      const head = line.waiters[line.next]
      if (!head) continue
      oldest = Math.min(oldest, head.order)
      if (!this.#fits(head.share)) continue
      if (!first || head.order < (first.waiters[first.next] as Waiter<T>).order) first = line
    }
    if (!first) return undefined
    const waiter = first.waiters[first.next] as Waiter<T>
    if (waiter.order !== oldest && !this.#mayPass(oldest)) return undefined
    first.next++
    if (first.next > 1024 && first.next * 2 > first.waiters.length) {
      first.waiters.splice(0, first.next)
      first.next = 0
    }
    return waiter
  }

  /** The order of the one that was passed last, and how often it was. */
  #passed = { order: -1, times: 0 }
  #mayPass(order: number): boolean {
    if (this.#passed.order !== order) this.#passed = { order, times: 0 }
    return ++this.#passed.times <= patience
  }

  #fits(share: Share): boolean {
    const { cpu, memory } = share
    return cpu <= this.#cpu + 1e-9 && memory <= this.#memory && this.#devices.fit(share)
  }

  #lease(share: Share): Lease {
    const { cpu, memory } = share
    this.#cpu -= cpu
    this.#memory -= memory
    this.#jobs--
    const gpus = this.#devices.take(share)
    let held = true
    return {
      gpus,
      release: () => {
        if (!held) return
        held = false
        this.#cpu += cpu
        this.#memory += memory
        this.#jobs++
        this.#devices.giveBack(gpus)
        this.#serve()
      },
    }
  }
}
