import type { Capacity, Share } from './capacity.ts'
import { isOfType } from './gpus.ts'

type Asked = Pick<Share, 'gpu' | 'gpuType'>

/** So many of some GPUs. */
interface Need {
  /** `gpu`, `gpu h100-80gb` */
  readonly what: string
  readonly needs: number
  readonly free: number
  readonly all: number
}

/**
 * Which GPUs of a machine are taken. A call that asks for a type gets devices of that type, and waits for them; it
 * gets others only if the machine has too few. Of suitable devices, those that match the fewest types go first.
 */
export class Devices {
  readonly #machine: Capacity
  readonly #types: () => Iterable<string>
  readonly #byType = new Map<string, ReadonlySet<number>>()
  #order: readonly number[] | undefined
  readonly #taken = new Set<number>()

  /** @param types those that may be asked for */
  constructor(machine: Capacity, types: () => Iterable<string>) {
    this.#machine = machine
    this.#types = types
  }

  fit(asked: Asked): boolean {
    return this.needs(asked).every(({ needs, free }) => needs <= free)
  }

  /** What must be free. Nobody looks for GPUs on behalf of those who ask for none. */
  needs({ gpu, gpuType }: Asked): readonly Need[] {
    if (gpu === 0) return []
    const free = this.#free()
    const any: Need = { what: 'gpu', needs: gpu, free: free.length, all: this.#machine.gpu }
    const own = gpuType === undefined ? undefined : this.#ofType(gpuType)
    if (!own || own.size === 0) return [any]
    const needs = Math.min(gpu, own.size)
    const typed = { what: `gpu ${gpuType}`, needs, free: free.filter((at) => own.has(at)).length, all: own.size }
    return needs < gpu ? [typed, any] : [typed]
  }

  /** Takes what fits; gives the numbers of the devices. */
  take({ gpu, gpuType }: Asked): readonly number[] {
    if (gpu === 0) return []
    const free = this.#free()
    const own = gpuType === undefined ? new Set() : this.#ofType(gpuType)
    const preferred = [...free.filter((at) => own.has(at)), ...free.filter((at) => !own.has(at))]
    const numbers = preferred.slice(0, gpu).sort((a, b) => a - b)
    for (const at of numbers) this.#taken.add(at)
    return numbers
  }

  giveBack(numbers: readonly number[]): void {
    for (const at of numbers) this.#taken.delete(at)
  }

  #free(): number[] {
    this.#order ??= this.#ordered()
    return this.#order.filter((at) => !this.#taken.has(at))
  }

  #ordered(): number[] {
    const all = Array.from({ length: this.#machine.gpu }, (_, at) => at)
    const sets = [...this.#types()].map((type) => this.#ofType(type))
    const wanted = all.map((at) => sets.filter((set) => set.has(at)).length)
    return all.sort((a, b) => (wanted[a] as number) - (wanted[b] as number) || a - b)
  }

  #ofType(type: string): ReadonlySet<number> {
    let found = this.#byType.get(type)
    if (!found) {
      const { gpu, gpus } = this.#machine
      const numbers = Array.from({ length: gpu }, (_, at) => at)
      found = new Set(numbers.filter((at) => !gpus?.[at] || isOfType(gpus[at], type)))
      this.#byType.set(type, found)
    }
    return found
  }
}
