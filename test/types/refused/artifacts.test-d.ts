// Each line under a directive is one mistake that tsc must refuse: files, folders and assets.
import { asset, file, folder, stage } from 'millrace'
import { z } from 'zod'
import { score, sink, source } from '../stages.ts'

const o = source()
const input = z.object({ csv: file('text/csv'), dir: folder() })

// @ts-expect-error another media type
score({ csv: o.png })

// @ts-expect-error bytes for a media type
score({ csv: o.blob })

// @ts-expect-error a media type for bytes
sink({ blob: o.csv })

// @ts-expect-error a folder for a file
score({ csv: o.dir })

// @ts-expect-error a file for a folder
sink({ dir: o.csv })

// @ts-expect-error an optional file for a required one
score({ csv: o.optCsv })

// @ts-expect-error a list of files for a file
score({ csv: o.csvs })

// @ts-expect-error a file for a list of files
sink({ csvs: o.csv })

// @ts-expect-error another media type in a list
sink({ csvs: [o.csv, o.png] })

// @ts-expect-error another media type in a record
sink({ files: { a: o.png } })

// @ts-expect-error a path for a file
score({ csv: './a.csv' })

// @ts-expect-error a URL for a file
score({ csv: new URL('./a.csv', import.meta.url) })

// @ts-expect-error an object with a path for a file
score({ csv: { path: './a.csv' } })

// @ts-expect-error a string for a file
score({ csv: o.text })

// @ts-expect-error a file for a string
sink({ text: o.csv })

// @ts-expect-error an asset, which is a file, for a folder
sink({ dir: asset(new URL('./a', import.meta.url)) })

// @ts-expect-error an asset of a path
asset('./a.csv')

// @ts-expect-error the path of a file to come
score({ csv: o.csv }).report.path

// @ts-expect-error a media type that is no string
file(1)

// @ts-expect-error a folder has no media type
folder('text/csv')

// @ts-expect-error context.folder for a file
stage('a', { input, output: z.object({ csv: file('text/csv') }), run: (_, c) => ({ csv: c.folder('x') }) })

// @ts-expect-error context.file for a folder
stage('a', { input, output: z.object({ dir: folder() }), run: (_, c) => ({ dir: c.file('x') }) })

// @ts-expect-error a path for an output file
stage('a', { input, output: z.object({ csv: file('text/csv') }), run: () => ({ csv: { path: '/x' } }) })

// @ts-expect-error an input file of another media type passed on
stage('a', { input, output: z.object({ png: file('image/png') }), run: ({ csv }) => ({ png: csv }) })

// @ts-expect-error an input folder passed on as a file
stage('a', { input, output: z.object({ csv: file('text/csv') }), run: ({ dir }) => ({ csv: dir }) })

// @ts-expect-error the digest of an artifact that is not made yet
stage('a', { input, output: z.object({ d: z.string() }), run: (_, c) => ({ d: c.file('x').digest }) })

// @ts-expect-error a path as the default of a file
file('text/csv').default('./a.csv')
