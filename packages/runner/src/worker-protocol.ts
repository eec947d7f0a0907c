import type { ArtifactValue, Json, Level, Metric, Resources } from '@millrace/ir'
import type { FailureData } from './failure-data.ts'
import type { KnownLarge } from './large-files.ts'
import type { Outcome } from './stage.ts'

/*
 * What a process and its warm workers say to each other: JSON objects, one a line. A worker writes each line before it
 * goes on, so that what a stage prints in a tight loop waits for who reads it.
 */

/** File descriptors of a worker: what it is told, what it tells, and the answers that it waits for. */
export const workerPipes = { told: 3, tells: 4, answers: 5 } as const

/** The stages of a program. */
export interface WorkerProgram {
  readonly id: string
  /** JavaScript modules by name. */
  readonly chunks: { readonly [name: string]: string }
  /** By stage key, the chunk whose default export it is. */
  readonly stages: { readonly [key: string]: string }
  /** What stands in the chunks for imports of what is not in them. */
  readonly outside: { readonly [text: string]: { readonly specifier: string; readonly from: string } }
  /** Absolute path of the folder in which the chunks seem to lie. */
  readonly folder: string
  /** The command line of the process that asks, as its stages see it. */
  readonly argv: readonly string[]
  readonly execArgv: readonly string[]
  /** The artifacts of assets, by their absolute paths. */
  readonly assets: { readonly [path: string]: ArtifactValue }
}

/** One attempt. */
export interface WorkerCall {
  readonly call: number
  /** Id of the program, and the key of its stage. */
  readonly program: string
  readonly stage: string
  readonly node: string
  readonly input: Json
  readonly seed: number
  readonly resources: Resources
  readonly env: { readonly [name: string]: string }
  readonly attempt: number
  /** Milliseconds that it may take, and how it fails when it takes longer. */
  readonly timeout?: { readonly after: number; readonly failure: FailureData }
}

export type ToldWorker =
  /** Imports a package before anybody asks for it; `from` is the path of the module that will. */
  | { readonly preload: string; readonly from: string }
  | { readonly learn: WorkerProgram }
  | WorkerCall
  /** A call is to end. */
  | { readonly stop: number; readonly why: FailureData }
  /** Nothing anywhere could settle the calls that are stuck here. */
  | { readonly failStuck: true }
  /** It is to end as a process ends. */
  | { readonly leave: true }

/** What calls have left in a worker: processes that they started, handlers of its end, no room for an open file. */
export interface WorkerLeft {
  readonly children: boolean
  readonly exits: boolean
  readonly full: boolean
}

/** The modules of a call's stage are loaded; `loading`: they were not before it came. */
interface WorkerBegan {
  readonly began: true
  readonly loading: boolean
}

export type WorkerTells = { readonly call: number } /** It was taken up; its modules are to be loaded first. */ & (
  | { readonly heard: true }
  | WorkerBegan
  /** Its program can't be loaded here. */
  | { readonly unloadable: string }
  | { readonly print: string }
  | { readonly log: Level; readonly message: string; readonly data?: Json }
  | { readonly metric: Metric }
  /** Where its files go; it waits for the answer. */
  | { readonly folder: true }
  /** `seconds` from its start, `processor` milliseconds of its own; `left`: processes, and handlers of the worker's end. */
  | ({ readonly seconds: number; readonly processor: number; readonly left: WorkerLeft } & (
      | { readonly done: Outcome; readonly large: readonly KnownLarge[] }
      | { readonly failed: FailureData }
    ))
)

/** What a worker tells of itself: it has started; nothing is left in it that could settle what runs there. */
export type WorkerState = { readonly ready: true } | { readonly stuck: true }

/** Where the files of the call that asked go. */
export type FolderAnswer = { readonly folder: string } | { readonly failed: FailureData }
