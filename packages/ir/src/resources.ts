/** What a stage asks for, in the field's terms. */
export interface Resources {
  /** Cores. Default 1. */
  readonly cpu?: number
  /** Memory: a number and `Ki`, `Mi`, `Gi` or `Ti`. Default `512Mi`. */
  readonly memory?: Quantity
  /** Scratch space where `TMPDIR` points. Default none. */
  readonly disk?: Quantity
  /** Shared memory between the processes of the stage. Default none. */
  readonly sharedMemory?: Quantity
  /** GPUs of any kind (a count), or of one type. Default none. */
  readonly gpu?: number | { readonly type: string; readonly count: number; readonly vendor?: string }
  /** A TPU slice of one topology. Default none. */
  readonly tpu?: { readonly type: string; readonly topology: string }
  /** Other devices by their name in the field, e.g. `{ 'rdma/ib': 1 }`. */
  readonly devices?: { readonly [name: string]: number }
  /** Whether the stage may run on machines that can be taken away. Default false. */
  readonly spot?: boolean
}

export type Quantity = `${number}${'Ki' | 'Mi' | 'Gi' | 'Ti'}`

export const defaultResources = { cpu: 1, memory: '512Mi' } as const satisfies Resources

const units: { readonly [unit: string]: number } = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 }

/** Bytes of a quantity; `undefined` when it isn't one. */
export function bytesOf(quantity: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(Ki|Mi|Gi|Ti)$/.exec(quantity)
  return match ? Math.round(Number(match[1]) * (units[match[2] as string] as number)) : undefined
}

/** What Node, zod and Millrace take of a heap themselves, in MiB, with room for little more. */
const leastHeap = 32

/** MiB that V8's heap may have of a process's memory: four fifths; the rest is for buffers and what the stage starts. */
export function heapLimit(memory: string | undefined): number | undefined {
  const bytes = memory === undefined ? undefined : bytesOf(memory)
  return bytes === undefined ? undefined : Math.max(leastHeap, Math.floor((bytes * 0.8) / 2 ** 20))
}

/** What tells Node so, on its command line: none where the memory is not known. */
export function heapWords(memory: string | undefined): string[] {
  const limit = heapLimit(memory)
  return limit === undefined ? [] : [`--max-old-space-size=${limit}`]
}

const milliseconds: { readonly [unit: string]: number } = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A duration: an integer and its unit. */
export type Duration = `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

/** Milliseconds of a duration; `undefined` when it isn't one. */
export function millisecondsOf(duration: string): number | undefined {
  const match = /^(\d+)(ms|s|m|h|d)$/.exec(duration)
  return match ? Number(match[1]) * (milliseconds[match[2] as string] as number) : undefined
}

/** GPUs asked for, of whatever type. */
export const gpuCount = (resources: Resources): number =>
  typeof resources.gpu === 'number' ? resources.gpu : (resources.gpu?.count ?? 0)
