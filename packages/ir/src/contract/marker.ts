import type { Diagnostic, ErrorCause } from '../diagnostic.ts'
import type { Digest } from '../digest.ts'
import type { Json } from '../json.ts'
import type { Metric } from '../metric.ts'
import type { StackFrame } from '../source-location.ts'

/** The last that an attempt writes when it succeeded (contracts: stage): all that a commit needs. */
export interface DoneMarker {
  readonly inputDigest: Digest
  readonly codeDigest: string
  /** The completion index. */
  readonly index: number
  readonly generation: number
  readonly key: Digest
  readonly outputDigest: Digest
  /** Artifacts have paths relative to the attempt's `files/`; those that were its input's, as its pod saw them. */
  readonly output: Json
  /** The artifacts that it wrote; paths are relative to `files/`. */
  readonly files: readonly MarkedFile[]
  readonly metrics: readonly Metric[]
  readonly cards: readonly never[]
  /** The end of its log. */
  readonly log: string
}

export interface MarkedFile {
  readonly path: string
  readonly digest: Digest
  readonly size: number
}

/** The last that an attempt writes when it failed. */
export interface FailedMarker {
  readonly cause: Diagnostic
  /** Whether another attempt could end otherwise. */
  readonly retry: boolean
  /** The end of its log. */
  readonly log: string
}

/** Bytes that an output may have as canonical JSON. */
export const outputLimit = 1024 * 1024

/** What a reader takes of a marker, and a writer keeps to. */
export const markerLimits = {
  /** Bytes of the file. */
  bytes: 8 * 1024 * 1024,
  /** The same of a failure. */
  failedBytes: 2 * 1024 * 1024,
  /** Objects, lists and what stands in them: an output of 1 MiB may hold 700,000, its metrics 250,000. */
  values: 1_100_000,
  files: 20_000,
  metrics: 50_000,
  /** Characters of the end of a log. */
  log: 4096,
  /** Characters of a message, of a path. */
  text: 64 * 1024,
  path: 4096,
  /** Frames of one stack; causes of one error. */
  frames: 50,
  causes: 8,
} as const

/** A cause whose texts a reader of markers takes: what an author throws may be of any length. */
export const markedCause = (cause: Diagnostic): Diagnostic => {
  const { path, file, ...at } = cause.at
  const { stack, causes, ...told } = cause
  return {
    ...told,
    message: cut(cause.message, markerLimits.text),
    fix: cut(cause.fix, markerLimits.text),
    at: {
      ...at,
      ...(path === undefined ? {} : { path: cut(path, markerLimits.path) }),
      ...(file === undefined ? {} : { file: cut(file, markerLimits.path) }),
    },
    ...(stack === undefined ? {} : { stack: markedStack(stack) }),
    ...(causes === undefined ? {} : { causes: causes.slice(0, markerLimits.causes).map(markedOne) }),
  }
}

const markedOne = ({ name, message, stack }: ErrorCause): ErrorCause => ({
  name: cut(name, markerLimits.path),
  message: cut(message, markerLimits.text),
  stack: markedStack(stack),
})

const markedStack = (stack: readonly StackFrame[]): readonly StackFrame[] =>
  stack.slice(0, markerLimits.frames).map((frame) => ({
    ...frame,
    ...(frame.function === undefined ? {} : { function: cut(frame.function, markerLimits.path) }),
    file: cut(frame.file, markerLimits.path),
  }))

const cut = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most - 1).toWellFormed()}…` : text
