import type { Binding, Condition } from './binding.ts'
import type { Digest } from './digest.ts'
import type { Json } from './json.ts'
import type { Schema } from './port.ts'
import type { Resources } from './resources.ts'
import type { Words } from './words.ts'

/** What the author wrote: JSON, ids from the author's names, no target words. Keys are sorted when it is printed. */
export interface Graph {
  /** Of this format. */
  readonly version: 1
  /** Name of the pipeline. */
  readonly pipeline: string
  /** JSON Schema of the parameters, `io: 'input'`. */
  readonly input: Schema
  /** What the calls of `body` run, by key. */
  readonly stages: { readonly [key: string]: StageSpec }
  /** What is wired. */
  readonly body: Body
}

/** What one `build`, or the body of a `map` or `when`, wires. */
export interface Body {
  /** In the order in which they were written. */
  readonly nodes: readonly Node[]
  /** Missing when the body returns nothing. */
  readonly result?: Binding
}

export type Node = StageNode | MapNode | WhenNode | PipelineNode

export interface StageNode {
  readonly kind: 'stage'
  readonly id: string
  /** Key in `Graph.stages`. */
  readonly stage: string
  readonly args: Binding
  /** One call's overrides (`.with`). */
  readonly options?: Partial<StageOptions>
  /** Ids that this call waits for without reading them. */
  readonly after?: readonly string[]
}

export interface MapNode {
  readonly kind: 'map'
  readonly id: string
  readonly list: Binding
  readonly body: Body
  /** Items at once; no limit when missing. */
  readonly concurrency?: number
  /** `allow`: a failed item is `null` and does not fail the run. */
  readonly failures?: 'allow'
}

export interface WhenNode {
  readonly kind: 'when'
  readonly id: string
  readonly condition: Condition
  readonly then: Body
  readonly else?: Body
}

export interface PipelineNode {
  readonly kind: 'pipeline'
  readonly id: string
  readonly pipeline: string
  readonly input: Schema
  readonly args: Binding
  readonly body: Body
}

/** What one call can override. */
export interface StageOptions {
  readonly resources: Resources
  /** Further attempts after the first. */
  readonly retries: number
  /** Per attempt, as written: `10m`. */
  readonly timeout?: string
  readonly cache: boolean
  readonly isolate?: 'process'
  /** Processes of one distributed stage. */
  readonly workers: number
}

export type EnvValue =
  | { readonly value: string }
  | { readonly inherit: true; readonly default?: string }
  | { readonly secret: { readonly name: string; readonly key: string } }
  /** In a Plan for this machine: what `inherit()` found, by its digest. The value itself is nobody's but the stage's. */
  | { readonly inherited: Digest }

/** What a stage runs, by its kind. */
export type StageCode =
  /** A function of the author's, known by where it is exported. */
  | { readonly kind: 'typescript' }
  | {
      readonly kind: 'python'
      /** As an asset's token. */
      readonly script: string
      /** What follows the script on its command line. */
      readonly args?: Words
      /** Files and folders that it reads besides, as tokens of assets. */
      readonly include?: readonly string[]
      /** What it runs in on a cluster. */
      readonly image?: string
    }
  | {
      readonly kind: 'container'
      readonly image: string
      readonly command: Words
      /** What runs where there is no container engine. */
      readonly local?: Words
    }
  /** A kind of somebody's own: what `runs` is, its two files in runner and compiler know. */
  | { readonly kind: `x-${string}`; readonly runs: Json }

export type StageSpec = StageCode & StageSettings

interface StageSettings extends StageOptions {
  readonly name: string
  readonly input: Schema
  readonly output: Schema
  readonly env?: { readonly [name: string]: EnvValue }
}
