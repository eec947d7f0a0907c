import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { basename, join, relative, sep } from 'node:path'
import { crc32 } from 'node:zlib'
import { digestJson } from '@millrace/ir'
import type { Random } from './random.ts'

/** Kinds of things in a store, by their path in it. A case chooses the kind first, so that what is rare is hit too. */
const kinds: { readonly [kind: string]: RegExp } = {
  format: /^format\.json$/,
  ignore: /^\.gitignore$/,
  pack: /^results\/packs\/\d[^/]*(?<!\.fresh)\.jsonl$/,
  'fresh pack': /^results\/packs\/.*\.fresh\.jsonl$/,
  'index pack': /^results\/packs\/index\.[^/]*$/,
  manifest: /^results\/..\/[^/]+\/[0-9a-f]{64}\.json$/,
  current: /^results\/..\/[^/]+\/current$/,
  artifact: /^attempts\/[^/]+\/[^/]+\/files\//,
  'attempt file': /^attempts\/[^/]+\/[^/]+\/[^/]+\.jsonl?$/,
  journal: /^runs\/\d[^/]*\/journal\.jsonl$/,
  info: /^runs\/\d[^/]*\/info\.json$/,
  summary: /^runs\/\d[^/]*\/summary\.json$/,
  record: /^runs\/\d[^/]*\/record\.json$/,
  metrics: /^runs\/\d[^/]*\/metrics\.jsonl$/,
  owner: /^runs\/\d[^/]*\/owner[^/]*$/,
  log: /^runs\/\d[^/]*\/logs\/.*\.log$/,
  'log index': /^runs\/\d[^/]*\/logs\/index\.jsonl$/,
  mark: /^runs\/open\/.+$/,
  code: /^code\/code-.*$/,
  builds: /^code\/builds-.*$/,
  'folder of the store': /^(results|runs|attempts|code|results\/packs|runs\/open|results\/tmp|runs\/tmp)\/$/,
  'folder of results': /^results\/..\/([^/]+\/)?$/,
  'folder of an attempt': /^attempts\/[^/]+\/(?:[^/]+\/(?:files\/(?:tree\/)?)?)?$/,
  'folder of a run': /^runs\/\d[^/]*\/(logs\/)?$/,
}

/** All paths in a folder, sorted; those of folders end with `/`. */
function pathsIn(root: string): string[] {
  const found: string[] = []
  const open = ['']
  for (let under = open.pop(); under !== undefined; under = open.pop())
    for (const entry of readdirSync(join(root, under), { withFileTypes: true })) {
      const path = join(under, entry.name).split(sep).join('/') + (entry.isDirectory() ? '/' : '')
      found.push(path)
      if (entry.isDirectory()) open.push(path)
    }
  return found.sort()
}

type Mutate = (path: string, random: Random, other: () => string) => void

const edit = (path: string, change: (bytes: Buffer) => Buffer | string): void => {
  // what another damage made larger than Node reads stays as that left it
  if (lstatSync(path).size < 2 ** 30) writeFileSync(path, change(readFileSync(path)))
}
const lines = (path: string, change: (all: string[]) => string[]): void =>
  edit(path, (bytes) => change(bytes.toString('latin1').split('\n')).join('\n'))
const swap = (one: string, two: string): void => {
  const [a, b] = [readFileSync(one), readFileSync(two)]
  writeFileSync(one, b)
  writeFileSync(two, a)
}
const replace = (path: string, put: (path: string) => void): void => {
  rmSync(path, { recursive: true })
  put(path)
}

const otherValues = ['null', '[]', '{}', '-1', '"text"', '1e999', 'true', '[null]', '{"a":null}', '{"toString":1}']
const otherPaths = [
  '..',
  '../../outside/precious',
  'attempts/../../outside/precious',
  '/etc/hostname',
  '/dev/zero',
  'a/b',
]

/** Puts another value in the place of one in a text of JSON. */
function another(text: string, random: Random, values: readonly string[]): string {
  const value = random.pick(values)
  const fields = [...text.matchAll(/"\w+":("[^"\\]*"|[\d.]+|\[\]|\{\})/g)]
  if (fields.length === 0) return text
  const { 0: whole, 1: old, index } = random.pick(fields)
  const end = index + whole.length
  return text.slice(0, end - (old as string).length) + value + text.slice(end)
}

/** Changes what a file says as who wrote it could: what tells that it is whole tells so still. */
const forged = (path: string, change: (text: string) => string): void =>
  edit(path, (bytes) => {
    const text = bytes.toString()
    const [, value] = /^\{"check":"[^"]*","value":(.*)\}\n$/s.exec(text) ?? []
    if (value !== undefined) return sealed(change(value))
    if (/,"crc":\d+\}\n/.test(text)) return text.replace(/^(.*),"crc":\d+\}$/gm, (_, line) => crc(change(line)))
    const [, fields] = /^(\{.*),"check":"[^"]*"\}\n$/.exec(text) ?? []
    return fields === undefined ? change(text) : checked(change(`${fields}}`))
  })

const sha256 = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`
const sealed = (value: string): string => `{"check":"${sha256(value)}","value":${value}}\n`
const crc = (line: string): string => `${line},"crc":${crc32(line)}}`

function checked(text: string): string {
  try {
    return `${JSON.stringify({ ...JSON.parse(text), check: digestJson(JSON.parse(text)) })}\n`
  } catch {
    return text
  }
}

/** Beside the store, with what is somebody else's. */
export const outsideOf = (store: string): string => join(store, '../outside')
/** The store of a path in it. */
const storeOf = (path: string): string => path.slice(0, path.lastIndexOf('/store/') + '/store'.length)
const linkOut = (path: string, random: Random): void =>
  replace(path, (at) =>
    symlinkSync(join(outsideOf(storeOf(path)), random.pick(['', 'precious', 'deep', 'nothing'])), at),
  )

const anywhere: { readonly [name: string]: Mutate } = {
  deleted: (path) => rmSync(path, { recursive: true }),
  'a link to nowhere': (path) => replace(path, (at) => symlinkSync('/nowhere/at/all', at)),
  'a link to itself': (path) => replace(path, (at) => symlinkSync(basename(at), at)),
  'a link out of the store': (path, random) => linkOut(path, random),
  'a pipe': (path) => replace(path, (at) => execFileSync('mkfifo', [at])),
  'mtime in the future': (path) => utimesSync(path, 4e9, 4e9),
  'mode 000': (path) => chmodSync(path, 0),
}

const ofFiles: { readonly [name: string]: Mutate } = {
  ...anywhere,
  'bit flip': (path, random) =>
    edit(path, (bytes) => {
      const at = random.below(bytes.length)
      if (bytes.length > 0) bytes[at] = (bytes[at] as number) ^ (1 << random.below(8))
      return bytes
    }),
  cut: (path, random) => truncateSync(path, random.below(lstatSync(path).size + 1)),
  empty: (path) => truncateSync(path, 0),
  appended: (path, random) =>
    edit(path, (bytes) => Buffer.concat([bytes, Buffer.from(random.pick(['x', '\n', '\n{}\n', '{"key":', '\0\0\0']))])),
  'zeros at the end': (path, random) =>
    edit(path, (bytes) => bytes.fill(0, Math.max(0, bytes.length - 1 - random.below(64)))),
  'lines twice': (path) => lines(path, (all) => [...all, ...all]),
  'lines reversed': (path) => lines(path, (all) => all.reverse()),
  'a line gone': (path, random) => lines(path, (all) => all.toSpliced(random.below(all.length), 1)),
  'half a line': (path, random) =>
    lines(path, (all) => {
      const at = random.below(all.length)
      return all.with(at, (all[at] as string).slice(0, (all[at] as string).length / 2))
    }),
  'a line of another': (path, random, other) => {
    const line = random.pick(readFileSync(other(), 'latin1').split('\n'))
    lines(path, (all) => all.with(random.below(all.length), line))
  },
  swapped: (path, _, other) => swap(path, other()),
  'another digest': (path, random) =>
    edit(path, (bytes) => {
      const text = bytes.toString('latin1')
      const found = [...text.matchAll(/[0-9a-f]{64}/g)]
      const at = found.length > 0 ? random.pick(found).index : 0
      return Buffer.from(text.slice(0, at) + 'ab'.repeat(32) + text.slice(at + 64), 'latin1')
    }),
  'another number': (path) =>
    edit(path, (bytes) => Buffer.from(bytes.toString('latin1').replace(/\d(?=[,}\]])/g, '8'), 'latin1')),
  'invalid UTF-8': (path, random) =>
    edit(path, (bytes) => {
      const at = random.below(bytes.length + 1)
      return Buffer.concat([bytes.subarray(0, at), Buffer.from([0xff, 0xc0, 0x80]), bytes.subarray(at)])
    }),
  'other JSON': (path, random) => {
    const shapes = [
      'null',
      '[]',
      '{}',
      '7',
      '"text"',
      '{"version":null}',
      '[{"key":1}]',
      '{"__proto__":{"x":1}}',
      '[[[]]]',
    ]
    writeFileSync(path, `${random.pick(shapes)}\n`)
  },
  'fields of other types': (path, random) =>
    edit(path, (bytes) => Buffer.from(another(bytes.toString('latin1'), random, otherValues), 'latin1')),
  'fields of other types, forged': (path, random) => forged(path, (text) => another(text, random, otherValues)),
  'paths of others, forged': (path, random) =>
    forged(path, (text) =>
      another(
        text,
        random,
        otherPaths.map((at) => JSON.stringify(at)),
      ),
    ),
  'a second name of a file elsewhere': (path) =>
    replace(path, (at) => linkSync(join(outsideOf(storeOf(path)), 'precious'), at)),
  // too large to be read at once; what is read in parts anyway need not be so large
  huge: (path) => truncateSync(path, (path.endsWith('.jsonl') ? 100 : 2200) * 2 ** 20),
  'a folder': (path) =>
    replace(path, (at) => {
      mkdirSync(at)
      writeFileSync(join(at, 'inside'), '')
    }),
}

const ofFolders: { readonly [name: string]: Mutate } = {
  ...anywhere,
  'a file': (path) => replace(path, (at) => writeFileSync(at, 'a file\n')),
  empty: (path) =>
    replace(path, (at) => {
      mkdirSync(at)
    }),
  'something strange in it': (path, random) => {
    const name = random.pick(['.tmp-1-1-00000000-00', 'x', '00', 'ffffffff', 'current', 'journal.jsonl', '\u{1F4A5}'])
    if (random.below(2) === 0) mkdirSync(join(path, name), { recursive: true })
    else writeFileSync(join(path, name), 'strange\n')
  },
}

/** What was done to a store. */
export interface Damage {
  readonly kind: string
  readonly how: string
  /** In the store. */
  readonly path: string
}

/** Damages one thing in a store. */
export function damage(root: string, random: Random): Damage {
  const paths = pathsIn(root)
  const of = (kind: string) => paths.filter((path) => kinds[kind]?.test(path))
  const kind = random.pick(Object.keys(kinds).filter((kind) => of(kind).length > 0))
  const path = random.pick(of(kind))
  const absolute = join(root, path.replace(/\/$/, ''))
  // what is no file or no folder any more can only be replaced
  const stat = lstatSync(absolute)
  const ways = stat.isDirectory() ? ofFolders : stat.isFile() ? ofFiles : { deleted: anywhere.deleted as Mutate }
  const how = random.pick(Object.keys(ways))
  const files = of(kind).filter((other) => !other.endsWith('/') && lstatSync(join(root, other)).isFile())
  const other = () => join(root, random.pick([...files.filter((name) => name !== path), path]))
  ways[how]?.(absolute, random, other)
  return { kind, how, path: relative(root, absolute) }
}
