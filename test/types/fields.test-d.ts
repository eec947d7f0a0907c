// Checked by tsc, never run: what a ref to a stage's output, or to a field of it, stands for.
import type { File, Folder, Ref } from 'millrace'
import type { z } from 'zod'
import { same } from './equal.ts'
import { source, type strict } from './stages.ts'

const o = source()

// the whole output
same<ReturnType<typeof strict>, Ref<{ text: string; opt?: string | undefined }>>(true)

// a string
same<typeof o.text, Ref<string>>(true)

// a number
same<typeof o.n, Ref<number>>(true)

// a boolean stays one type
same<typeof o.flag, Ref<boolean>>(true)

// an enum
same<typeof o.mode, Ref<'fast' | 'slow'>>(true)

// a literal
same<typeof o.fixed, Ref<'one'>>(true)

// a branded string
same<typeof o.brand, Ref<string & z.core.$brand<'Id'>>>(true)

// a default is there once the output was parsed
same<typeof o.defaulted, Ref<number>>(true)

// a date and time is a string
same<typeof o.transformed, Ref<string>>(true)

// optional
same<typeof o.opt, Ref<string | undefined>>(true)

// nullable
same<typeof o.nul, Ref<string | null>>(true)

// nullish
same<typeof o.nullish, Ref<string | null | undefined>>(true)

// an object
same<typeof o.obj, Ref<{ inner: { leaf: string } }>>(true)

// a field of an object in an object
same<typeof o.obj.inner.leaf, Ref<string>>(true)

// a field of an optional object may be absent
same<typeof o.optObj.leaf, Ref<string | undefined>>(true)

// a field of a nullable object may be null
same<typeof o.nulObj.leaf, Ref<string | null>>(true)

// a field of an intersection
same<typeof o.both.b, Ref<number>>(true)

// a union of scalars
same<typeof o.union, Ref<string | number>>(true)

// a field that only one option of a union has may be absent
same<typeof o.objUnion.leaf, Ref<string | undefined>>(true)

// the discriminator of a discriminated union
same<typeof o.shape.kind, Ref<'circle' | 'text'>>(true)

// a field of one option of a discriminated union
same<typeof o.shape.r, Ref<number | undefined>>(true)

// a discriminated union as a whole
same<typeof o.shape, Ref<{ kind: 'circle'; r: number } | { kind: 'text'; words: string }>>(true)

// a tuple
same<typeof o.pair, Ref<[string, number]>>(true)

// a field of a tuple of objects is a list
same<typeof o.objPair.v, Ref<(string | number)[]>>(true)

// a record as a whole
same<typeof o.byName, Ref<Record<string, number>>>(true)

// an entry of a record (`undefined` comes from noUncheckedIndexedAccess)
same<NonNullable<typeof o.byName.some>, Ref<number>>(true)

// an entry of a record over an enum is there
same<typeof o.byMode.fast, Ref<number>>(true)

// an entry of a partial record may be absent
same<typeof o.someByMode.fast, Ref<number | undefined>>(true)

// a recursive schema, at any depth
same<typeof o.tree.children.children.name, Ref<string[][]>>(true)

// JSON has no fields
same<typeof o.json, Ref<z.core.util.JSONType>>(true)
same<keyof typeof o.json & string, never>(true)

// unknown has no fields
same<typeof o.unknown, Ref<unknown>>(true)
same<keyof typeof o.unknown & string, never>(true)

// a string has no fields
same<keyof typeof o.text & string, never>(true)

// a file, by media type
same<typeof o.csv, Ref<File<'text/csv'>>>(true)
same<typeof o.png, Ref<File<'image/png'>>>(true)

// a file without a media type is bytes
same<typeof o.blob, Ref<File<'application/octet-stream'>>>(true)

// a folder
same<typeof o.dir, Ref<Folder>>(true)

// an optional file
same<typeof o.optCsv, Ref<File<'text/csv'> | undefined>>(true)

// files and folders have no fields
same<keyof typeof o.csv & string, never>(true)
same<keyof typeof o.dir & string, never>(true)
