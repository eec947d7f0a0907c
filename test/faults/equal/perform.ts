import { createHash } from 'node:crypto'

/** A file by what it holds. */
export class FileOf {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  get size(): number {
    return Buffer.byteLength(this.text)
  }

  get digest(): string {
    return sha256(this.text)
  }
}

/** A folder by its files. */
export class FolderOf {
  readonly files: readonly { readonly path: string; readonly text: string; readonly executable: boolean }[]

  constructor(files: FolderOf['files']) {
    this.files = files.toSorted((a, b) => (a.path < b.path ? -1 : 1))
  }

  get size(): number {
    return this.files.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0)
  }

  /** Contracts: keys. */
  get digest(): string {
    return sha256(
      this.files.map(({ path, text, executable }) => `${path}\0${sha256(text)}\0${executable ? 1 : 0}\n`).join(''),
    )
  }
}

const sha256 = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`

export type Value =
  | null
  | boolean
  | number
  | string
  | FileOf
  | FolderOf
  | readonly Value[]
  | { readonly [key: string]: Value }

type Args = { readonly [key: string]: Value }

/** What a stage gives for an input; `undefined` where it fails. */
export function perform(stage: string, args: Args, open: boolean): Value | undefined {
  const n = args.n as number
  switch (stage) {
    case 'calc': {
      const { a, b, c = 3, d = 0, e = null, luck = 0 } = args as { readonly [key: string]: number | undefined }
      const sum = ((a as number) + 2 * (b as number) + c + d + (e ?? -1)) % 1000
      return luck > 0 && Math.abs(sum) % luck === 1 ? undefined : { n: sum }
    }
    case 'range':
      return { list: Array.from({ length: Math.abs(n) % 4 }, (_, i) => n + i) }
    case 'fold': {
      let sum = 0
      for (const [i, item] of (args.of as readonly (number | null)[]).entries()) sum += (item ?? -1) * (i + 1)
      return { n: sum % 1000 }
    }
    case 'say':
      return { text: first24(`${n}:${args.u ?? '-'}:${args.t ?? 'ø'}`) }
    case 'maybe':
      return { ...(n % 2 === 0 ? {} : { maybe: n }), filled: n % 3 === 0 ? n : 5 }
    case 'test':
      return { yes: n % 2 === 0 }
    case 'echo':
      return { value: args.value as Value }
    case 'measure':
      return { n: JSON.stringify(args.value).length % 1000 }
    case 'large':
      return { n, value: { [`k${n}`]: 'ü'.repeat(70_000), list: Array<number>(300).fill(n) } }
    case 'effect':
      return { n: n + 1000 }
    case 'gate':
      return open ? { n } : undefined
    case 'flaky':
      return (args.at as number) > 2 ? undefined : { n }
    default:
      return performOnFiles(stage, args)
  }
}

function performOnFiles(stage: string, args: Args): Value {
  const file = args.file as FileOf
  const n = args.n as number
  switch (stage) {
    case 'write':
      return { file: new FileOf(`${args.t}\n${n % 5 === 0 ? 'x'.repeat(100_000) : ''}`), n: n % 7 }
    case 'read':
      if (!file) return { text: 'none', n: 0, digest: '' }
      return { text: first24(file.text.trim()), n: file.size % 1000, digest: file.digest }
    case 'pack': {
      const files = (args.files as readonly (FileOf | null)[]).flatMap((file, i) =>
        file ? [{ path: `${i}.txt`, text: file.text, executable: i % 2 === 1 }] : [],
      )
      const note = { path: 'sub/ünï.txt', text: (args.t ?? '') as string, executable: false }
      return { tree: new FolderOf([...files, note]), n: (args.files as readonly Value[]).length }
    }
    case 'look': {
      const tree = args.tree as FolderOf
      const lines = tree.files.map(
        ({ path, text, executable: x }) => `${path} ${x ? 'x' : '-'} ${Buffer.byteLength(text)}`,
      )
      return { lines: lines.sort(), digest: tree.digest, n: tree.size % 1000 }
    }
    case 'hand':
      return { file, ...(args.tree === undefined ? {} : { tree: args.tree }), n: file.size % 1000 }
    default:
      throw new Error(`no stage ${stage}`)
  }
}

const first24 = (text: string): string => [...text].slice(0, 24).join('')
