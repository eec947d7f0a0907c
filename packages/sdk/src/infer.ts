import type { z } from 'zod'
import type { Artifact, Draft, Kind } from './artifact.ts'

declare const value: unique symbol

export type Scalar = string | number | boolean | null | undefined

/** What every ref is, so that messages of the compiler say `Value<number>` and not a symbol's shape. */
export interface Value<out T> {
  readonly [value]: T
}

/** A value to come, with its fields; of a list, each field is the list of that field of its items. */
export type Ref<T> = Value<T> & RefFields<T>

type RefFields<T> =
  Opaque<T> extends true
    ? unknown
    : [Leaf<T>] extends [never]
      ? unknown
      : Leaf<T> extends Draft<Kind, string>
        ? unknown
        : { readonly [K in Named<Leaf<T>> & string]-?: Ref<Project<T, K>> } & Others<T, Get<Leaf<T>, string>>

/** The names that a schema gives; those of a record are any. */
type Named<T> = T extends unknown ? keyof { [K in keyof T as string extends K ? never : K]: 0 } : never
type Others<T, Of> = [Of] extends [undefined] ? unknown : { readonly [name: string]: Ref<Project<T, string>> }
type Get<T, K> = T extends Scalar ? undefined : T extends unknown ? (K extends keyof T ? T[K] : undefined) : never

/** A field of an object; of a list, the list of that field of each item, through all list levels. */
type Project<T, K> = T extends readonly (infer U)[] ? Item<Project<U, K>>[] : T extends null | undefined ? T : Get<T, K>
type Leaf<T> = T extends readonly (infer U)[] ? Leaf<U> : T extends Scalar ? never : T

/** `z.json()` and `z.unknown()` are recursive or unknown: a ref to one has no fields, and takes any literal. */
export type Opaque<T> = unknown extends T ? true : JSONType extends T ? true : false
type JSONType = z.core.util.JSONType

/** What a call takes where the stage wants a T: a ref to one, a literal, or a literal holding refs at any depth. */
type Wire<T> = Value<T> | (Opaque<T> extends true ? unknown : Literal<T>)

type Literal<T> = T extends Scalar
  ? T
  : T extends Draft<infer K, string>
    ? K extends 'file'
      ? Artifact<'file', never>
      : never
    : T extends readonly unknown[]
      ? { readonly [I in keyof T]: Wire<T[I]> }
      : T extends object
        ? { readonly [K in keyof T]: Wire<T[K]> }
        : T

/** The top of a call: no union, so that a missing field is named. A ref to the whole object fits by its fields. */
type Fields<T> = { readonly [K in keyof T]: Wire<T[K]> }

export type NoInputs = Record<never, never>

/** `{}` and all-optional inputs may be left out. */
export type Args<I> = NoInputs extends I ? [input?: Fields<I>] : [input: Fields<I>]

/** What a ref, or a literal holding refs, is once the run got there. */
export type Resolved<R> =
  R extends Value<infer T>
    ? T
    : R extends Scalar
      ? R
      : R extends Draft<Kind, string>
        ? R
        : R extends readonly unknown[]
          ? { -readonly [I in keyof R]: Item<Resolved<R[I]>> }
          : R extends object
            ? { -readonly [K in keyof R]: Resolved<R[K]> }
            : R

/** JSON lists have no holes: an item that is skipped is `null`. */
// biome-ignore lint/suspicious/noConfusingVoidType: a body that returns nothing
export type Item<T> = T extends undefined | void ? null : T

export type Sync<R> =
  R extends Promise<unknown> ? 'it must be synchronous: stages run later, so there is nothing to await' : unknown

/** What `run` and `runStage` take for a T: artifacts are plain paths. */
export type Plain<T> =
  Opaque<T> extends true
    ? T
    : T extends Scalar
      ? T
      : T extends Draft<Kind, string>
        ? string | T
        : T extends readonly unknown[]
          ? { readonly [I in keyof T]: Plain<T[I]> }
          : T extends object
            ? { readonly [K in keyof T]: Plain<T[K]> }
            : T

export type Shape = z.ZodObject
