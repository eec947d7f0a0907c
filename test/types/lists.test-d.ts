// Checked by tsc, never run: a ref to a list, and a field of it through all list levels.
import type { File, Folder, Ref } from 'millrace'
import { same } from './equal.ts'
import { source } from './stages.ts'

const o = source()

// a list of strings
same<typeof o.words, Ref<string[]>>(true)

// a read-only list
same<typeof o.fixedWords, Ref<readonly string[]>>(true)

// a field of a list is the list of that field
same<typeof o.list.x, Ref<number[]>>(true)

// a list in the items of a list
same<typeof o.list.deep, Ref<string[][]>>(true)

// a field through two levels
same<typeof o.grid.x, Ref<number[][]>>(true)

// a list in the items, through two levels
same<typeof o.grid.deep, Ref<string[][][]>>(true)

// a field through three levels
same<typeof o.cube.x, Ref<number[][][]>>(true)

// a list has no members of an array
same<keyof typeof o.words & string, never>(true)
same<keyof typeof o.list & string, 'x' | 'name' | 'deep'>(true)

// fields named as members of an array are fields
same<typeof o.odd.length, Ref<number[]>>(true)
same<typeof o.odd.map, Ref<string[]>>(true)

// a field of an optional list
same<typeof o.optList.x, Ref<number[] | undefined>>(true)

// a field of a list of nullable items
same<typeof o.nulItems.x, Ref<(number | null)[]>>(true)

// a field of one item or many
same<typeof o.oneOrMany.x, Ref<number | number[]>>(true)

// the discriminator of a list of a discriminated union
same<typeof o.shapes.kind, Ref<('circle' | 'text')[]>>(true)

// a list of files
same<typeof o.csvs, Ref<File<'text/csv'>[]>>(true)

// files and folders in the items of a list
same<typeof o.rows.csv, Ref<File<'text/csv'>[]>>(true)
same<typeof o.rows.dir, Ref<Folder[]>>(true)
