import type { z } from 'zod'

/** What we read of a zod schema; zod's own type of it is a union of 40 classes. */
export interface Def {
  readonly type: string
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>
  readonly catchall?: z.core.$ZodType
  readonly element?: z.core.$ZodType
  readonly items?: readonly z.core.$ZodType[]
  readonly rest?: z.core.$ZodType | null
  readonly options?: readonly z.core.$ZodType[]
  readonly left?: z.core.$ZodType
  readonly right?: z.core.$ZodType
  readonly keyType?: z.core.$ZodType
  readonly valueType?: z.core.$ZodType
  readonly innerType?: z.core.$ZodType
  readonly getter?: () => z.core.$ZodType
  readonly in?: z.core.$ZodType
  readonly out?: z.core.$ZodType
  readonly values?: readonly unknown[]
  readonly coerce?: boolean
  /** Of a record: `loose` lets names pass that its keys refuse. */
  readonly mode?: string
  /** Of a record: whether names that are listed may be left out. */
  readonly partial?: boolean
  readonly checks?: readonly { readonly _zod: { readonly def: CheckDef } }[]
}

/** What we read of a check. A schema of a string format is one itself. */
export interface CheckDef {
  readonly check: string
  readonly format?: string
  readonly pattern?: RegExp
  readonly protocol?: RegExp
  readonly hostname?: RegExp
  readonly normalize?: boolean
  readonly alg?: string
  readonly includes?: string
  readonly position?: number
}

export const defOf = (schema: z.core.$ZodType): Def => schema._zod.def as unknown as Def

/** The checks of a schema, in their order. */
export function checksOf(schema: z.core.$ZodType): readonly CheckDef[] {
  const def = defOf(schema)
  const own = def as Partial<CheckDef>
  const more = (def.checks ?? []).map((check) => check._zod.def)
  return own.check === undefined ? more : [own as CheckDef, ...more]
}
