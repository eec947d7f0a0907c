import { globSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize, relative, sep } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../support/processes.ts'

/** The rooms of ARCHITECTURE.md: packages and their folders, with what each imports. */
const rooms = new Map(
  [...readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8').matchAll(/^\| (\S+) \| (.+) \| ?(.*) \|$/gm)]
    .filter(([, name]) => name !== 'room' && !name?.startsWith('-'))
    .map(([, name = '', what = '', imports = '']) => [
      name.replaceAll('*', ''),
      { what, imports: imports.split(', ').filter((one) => one !== '') },
    ]),
)

const packages = readdirSync(join(root, 'packages'))
const files = packages.flatMap((name) =>
  readdirSync(join(root, 'packages', name, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join('packages', name, 'src', file)),
)

/** Files of the same package that a file imports. */
const importsOf = (file: string): string[] =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)]
    .map((match) => normalize(join(dirname(file), match[1] as string)))
    .filter((path) => path.endsWith('.ts'))

/** `store/files` of a file in a folder; undefined for one at the root of its package. */
function roomOf(file: string): string | undefined {
  const [, name = '', , ...path] = file.split(sep)
  return path.length > 1 ? [name, ...path.slice(0, -1)].join('/') : undefined
}

test('each package and each folder has a line, and no line is left over', () => {
  const folders = files.flatMap((file) => roomOf(file) ?? [])
  expect([...rooms.keys()].sort()).toEqual([...new Set([...packages, ...folders])].sort())
})

test('a folder imports the folders that its line says, no more and no fewer', () => {
  const found = new Map<string, Set<string>>()
  for (const file of files) {
    const room = roomOf(file)
    if (room === undefined) continue
    const imports = found.get(room) ?? new Set()
    found.set(room, imports)
    for (const other of importsOf(file).map(roomOf))
      if (other !== undefined && other !== room) imports.add(other.slice(other.indexOf('/') + 1))
  }
  const told = [...rooms].filter(([room]) => room.includes('/')).map(([room, { imports }]) => [room, imports])
  expect(told).toEqual(told.map(([room]) => [room, [...(found.get(room as string) ?? [])].sort()]))
})

/** The circles among things that import each other, by what they import. */
function circles(graph: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const left = new Map([...graph].map(([name, imports]) => [name, new Set(imports)]))
  for (let before = -1; before !== left.size; ) {
    before = left.size
    for (const [name, imports] of left) if ([...imports].every((one) => !left.has(one))) left.delete(name)
  }
  return [...left.keys()]
}

test('no files import in a circle, and no folders', () => {
  const byFile = new Map<string, Set<string>>()
  const byRoom = new Map<string, Set<string>>()
  for (const file of files.filter((path) => !path.endsWith(join('src', 'index.ts')))) {
    byFile.set(file, new Set(importsOf(file)))
    const room = roomOf(file) ?? file
    const imports = byRoom.get(room) ?? new Set()
    byRoom.set(room, imports)
    for (const other of importsOf(file).map((path) => roomOf(path) ?? path)) if (other !== room) imports.add(other)
  }
  expect([circles(byFile), circles(byRoom)]).toEqual([[], []])
})

/** The files below a folder, from the root; what other tests make and take away at the same time is not looked into. */
const below = (folder: string): string[] =>
  statSync(join(root, folder), { throwIfNoEntry: false })
    ? globSync('**/*.ts', { cwd: join(root, folder), exclude: ['**/.tmp', '**/node_modules'] }).map((file) =>
        join(folder, file),
      )
    : []

test('no source file is longer than 300 lines, no test longer than 350', () => {
  const tests = ['test', 'bench', ...packages.map((name) => `packages/${name}/test`)].flatMap(below)
  const tooLong = (paths: readonly string[], most: number) =>
    paths
      .filter((path) => path.endsWith('.ts') && !/fixtures/.test(path))
      .map((path) => [relative('.', path), readFileSync(join(root, path), 'utf8').split('\n').length - 1] as const)
      .filter(([, lines]) => lines > most)
  expect([tooLong(files, 300), tooLong(tests, 350)]).toEqual([[], []])
})
