import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { file, folder, stage } from 'millrace'
import { z } from 'zod'
import { drawOne, outlines, randomFrom } from './drawing.ts'
import type { Example } from './nearest.ts'

/** Draws one kind of shape many times, one drawing a line. It knows three kinds and fails for any other. */
export const draw = stage('draw', {
  input: z.object({ kind: z.string(), count: z.int().positive(), purpose: z.string(), shake: z.number().default(0.8) }),
  output: z.object({ kind: z.string(), page: file('text/csv') }),
  run: ({ kind, count, shake }, context) => {
    const outline = outlines[kind]
    if (!outline) throw new Error(`nobody here can draw a ${kind}`)
    const random = randomFrom(context.seed)
    const page = context.file(`${kind}.csv`)
    const lines = Array.from({ length: count }, () => drawOne(outline, shake, random).join(','))
    writeFileSync(page.path, `${lines.join('\n')}\n`)
    context.metric('drawings', count)
    return { kind, page }
  },
})

/** Puts pages into one folder. A page that could not be drawn is `null`, and left out. */
export const bind = stage('bind', {
  input: z.object({ pages: z.array(z.object({ kind: z.string(), page: file('text/csv') }).nullable()) }),
  output: z.object({ album: folder(), missing: z.int() }),
  run: ({ pages }, context) => {
    const album = context.folder('album')
    for (const entry of pages)
      if (entry) writeFileSync(join(album.path, `${entry.kind}.csv`), readFileSync(entry.page.path))
    const missing = pages.filter((entry) => entry === null).length
    if (missing > 0) context.log('some pages are missing', { missing })
    return { album, missing }
  },
})

/** Looks at every drawing of an album. Nothing comes out of it: others only wait for it. */
export const inspect = stage('inspect', {
  input: z.object({ album: folder() }),
  output: z.object({}),
  run: ({ album }) => {
    for (const { kind, distances } of readAlbum(album.path))
      if (distances.some((distance) => !(distance > 0))) throw new Error(`a ${kind} has no outline`)
    return {}
  },
})

export const readAlbum = (path: string): Example[] =>
  readdirSync(path)
    .sort()
    .flatMap((name) =>
      readFileSync(join(path, name), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => ({ kind: name.replace('.csv', ''), distances: line.split(',').map(Number) })),
    )
