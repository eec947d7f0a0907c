import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { program } from '../support/program.ts'

const text = `
import { writeFileSync } from 'node:fs'
import { file, folder, main, pipeline, stage } from 'millrace'
import { z } from 'zod'
export const make = stage('make', { input: z.object({}), output: z.object({ model: file(), plots: folder() }), run: (_, context) => {
  const [model, plots] = [context.file('model.bin'), context.folder('plots')]
  writeFileSync(model.path, 'weights')
  writeFileSync(plots.path + '/a.svg', '<svg/>')
  console.log('made')
  context.metric('loss', 0.5)
  return { model, plots }
} })
export const all = pipeline('all', { input: z.object({}), build: () => make({}) })
main(import.meta, all)
`

interface Artifact {
  readonly path: string
  readonly digest: string
  readonly size: number
}
type Fetch = Awaited<ReturnType<ReturnType<typeof program>['run']>>

const digestOf = (bytes: string): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
/** The digest of a folder of regular files, by the contract. */
const folderOf = (files: Readonly<Record<string, string>>): string =>
  digestOf(
    Object.keys(files)
      .sort()
      .map((name) => `${name}\0${digestOf(files[name] as string)}\0${0}\n`)
      .join(''),
  )

/** A store as a colleague may share it, whose last run says what it likes; and what `runs fetch` does with it. */
async function shared() {
  const { folder, run } = program({ 'program.ts': text, 'outside/precious': 'precious' })
  await run()
  const store = join(folder, 'store')
  const id = readdirSync(join(store, 'runs')).find((name) => /^\d/.test(name)) as string
  const own = join(store, 'runs', id)
  const journal = join(own, 'journal.jsonl')
  const lines = readFileSync(journal, 'utf8').trim().split('\n')
  const last = JSON.parse(lines.pop() as string)
  const place = (path: string) => {
    const at = join(store, 'attempts/p', path)
    mkdirSync(dirname(at), { recursive: true })
    return at
  }
  return {
    folder,
    store,
    own,
    output: last.output as { readonly model: Artifact; readonly plots: Artifact },
    place,
    /** Puts a file into the store; gives the artifact that it is. */
    put(path: string, bytes = 'bytes'): Artifact {
      writeFileSync(place(path), bytes)
      return { path: place(path), digest: digestOf(bytes), size: Buffer.byteLength(bytes) }
    },
    async fetch(output: unknown = last.output, ...words: string[]): Promise<Fetch> {
      writeFileSync(journal, `${[...lines, JSON.stringify({ ...last, output })].join('\n')}\n`)
      return run(['runs', 'fetch', id, 'out', ...words])
    },
    list: () =>
      existsSync(join(folder, 'out'))
        ? readdirSync(join(folder, 'out'), { recursive: true, withFileTypes: true })
            .filter((entry) => !entry.isDirectory())
            .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 5))
            .sort()
        : undefined,
    /** That nothing was written but into the target folder. */
    clean: () =>
      expect(
        readdirSync(folder)
          .filter((name) => name !== 'out')
          .sort(),
      ).toEqual(['outside', 'package.json', 'program.ts', 'store']),
  }
}

const always = ['logs/make.1.log', 'metrics.jsonl', 'output.json']

test('runs fetch takes only what lies in the store, by its own name', async () => {
  const { folder, store, place, put, fetch, list, clean } = await shared()
  const payload = put('payload/millrace.config.ts', 'export default {}')
  mkdirSync(place('payload/sub'))
  const config = { digest: folderOf({ 'millrace.config.ts': 'export default {}' }), size: 17 }
  const precious = { digest: digestOf('precious'), size: 8 }
  writeFileSync(join(store, 'precious'), 'precious')
  symlinkSync(join(folder, 'outside'), place('link'))
  symlinkSync(join(folder, 'outside/precious'), place('file-link'))
  for (const odd of [
    { path: `${place('payload/sub')}/..`, ...config },
    { path: `${place('payload')}/`, ...config },
    { path: `${store}/attempts/../../outside/precious`, ...precious },
    { path: 'outside/precious', ...precious },
    { path: join(store, 'precious'), ...precious },
    { path: join(place('link'), 'precious'), ...precious },
    { path: place('file-link'), ...precious },
    { path: `${payload.path}\0`, digest: payload.digest, size: payload.size },
    { path: '', ...precious },
  ]) {
    const { code, stdout, stderr } = await fetch({ x: odd })
    expect([odd.path, code, stdout, stderr]).toEqual([
      odd.path,
      5,
      '',
      `error[store-failed]: the output of run <run> names "${odd.path.replaceAll(folder, '<dir>').replace('\0', '')}", where this store keeps no files
  fix: Ask whoever shared the store: no run of Millrace wrote that.
`,
    ])
    expect(list()).toBeUndefined()
    clean()
  }
})

test('what lies outside of the store stays there, and is told', async () => {
  const { folder, fetch, list, clean } = await shared()
  const outside = { path: join(folder, 'outside/precious'), digest: digestOf('precious'), size: 8 }
  const { code, stdout, stderr } = await fetch({ x: outside, y: { ...outside, path: '/nowhere/at/all' } })
  expect([code, stdout, stderr]).toEqual([
    0,
    'out/output.json\nout/metrics.jsonl\nout/logs\n',
    '"outside/precious" lies outside of the store, and stays there\n"/nowhere/at/all" lies outside of the store, and stays there\n',
  ])
  expect(list()).toEqual(always)
  expect(JSON.parse(readFileSync(join(folder, 'out/output.json'), 'utf8')).x).toEqual(outside)
  clean()
})

test('a store that was copied from elsewhere has its files still', async () => {
  const { folder, store, output, fetch, list } = await shared()
  const there = (path: string) => path.replace(store, '/Users/colleague/project/.millrace')
  const moved = Object.fromEntries(Object.entries(output).map(([name, at]) => [name, { ...at, path: there(at.path) }]))
  expect((await fetch(moved)).stderr).toBe('')
  expect(list()).toEqual([...always, 'model/model.bin', 'plots/a.svg'].sort())
  expect(readFileSync(join(folder, 'out/model/model.bin'), 'utf8')).toBe('weights')
})

test('names that a tool would obey, or that are no names elsewhere, are others in the fetched folder', async () => {
  const { put, fetch, list, clean } = await shared()
  const put_ = (name: string) => put(`odd-${digestOf(name).slice(7, 15)}/${name}`, name)
  const config = put_('millrace.config.ts')
  const output = {
    a: [
      config,
      put_('package.json'),
      put_('.npmrc'),
      put_('Node_Modules'),
      put_('back\\slash'),
      put_('C:name'),
      put_('line\nend\u007f\u009b'),
    ],
    '.git': { config: put_('config'), hooks: { x: put_('x') } },
    node_modules: { x: put_('y') },
    b: { Same: put_('name'), same: put_('name2'), 'a/b': put_('n'), a_b: { n: put_('m') } },
    logs: put_('log'),
    'OUTPUT.json': put_('o'),
    '..': put_('up'),
    ['__proto__']: put_('proto'),
  }
  const { code, stderr } = await fetch({ ...output, top: config })
  expect([code, stderr]).toEqual([0, ''])
  expect(list()).toEqual(
    [
      ...always,
      '_/up',
      '_.git/config',
      '_.git/hooks/x',
      '__proto__/proto',
      '_node_modules/x/y',
      'OUTPUT.json-2/o',
      'a/0/_millrace.config.ts',
      'a/1/_package.json',
      'a/2/_.npmrc',
      'a/3/_Node_Modules',
      'a/4/back_slash',
      'a/5/C_name',
      'a/6/line_end__',
      'b/Same/name',
      'b/a_b/n-2/m',
      'b/a_b/n',
      'b/same/name2',
      'logs-2/log',
      'top/_millrace.config.ts',
    ].sort(),
  )
  clean()
})

test('an output that is one file has a name of its own at the top', async () => {
  const { put, fetch, list } = await shared()
  expect((await fetch(put('top/millrace.config.ts'))).code).toBe(0)
  expect(list()).toEqual([...always, '_millrace.config.ts'].sort())
})

test('of folders, what version control obeys is left out, and links, pipes and changed bytes are refused', async () => {
  const { folder, place, put, fetch, list, clean } = await shared()
  put('repo/.git/config', 'c')
  put('repo/deep/.GIT/hooks/pre-commit', 'h')
  put('repo/.gitignore', 'i')
  // a repository without a work tree is one by what is in it
  for (const name of ['HEAD', 'config', 'objects/x', 'refs/y']) put(`repo/bare/${name}`, name)
  put('repo/package.json', '{}')
  const bare = Object.fromEntries(['HEAD', 'config', 'objects/x', 'refs/y'].map((name) => [`bare/${name}`, name]))
  const files = { '.git/config': 'c', '.gitignore': 'i', 'deep/.GIT/hooks/pre-commit': 'h', 'package.json': '{}' }
  const repo = { path: place('repo'), digest: folderOf({ ...files, ...bare }), size: 5 + 25 }
  const { code, stdout, stderr } = await fetch({ repo })
  expect([code, stdout, stderr]).toEqual([
    0,
    'out/output.json\nout/repo\nout/metrics.jsonl\nout/logs\n',
    ['repo/.git', 'repo/bare/config', 'repo/deep/.GIT']
      .map((path) => `left out "${path}": version control would obey it\n`)
      .join(''),
  ])
  const left = ['.gitignore', 'bare/HEAD', 'bare/objects/x', 'bare/refs/y', 'package.json']
  expect(list()).toEqual([...always, ...left.map((name) => `repo/${name}`)].sort())
  rmSync(join(folder, 'out'), { recursive: true })
  const refused = async (why: RegExp) => {
    const told = await fetch({ repo })
    expect([told.code, told.stdout]).toEqual([5, ''])
    expect(told.stderr).toMatch(why)
    expect(list()).toBeUndefined()
    clean()
  }
  symlinkSync(join(folder, 'outside/precious'), place('repo/link'))
  await refused(/^error\[store-failed\]: can't take "store\/attempts\/p\/repo\/link": it is a symbolic link\n/)
  rmSync(place('repo/link'))
  execFileSync('mkfifo', [place('repo/pipe')])
  await refused(/^error\[store-failed\]: can't take "store\/attempts\/p\/repo\/pipe": it is not a regular file\n/)
  rmSync(place('repo/pipe'))
  writeFileSync(place('repo/package.json'), '[]')
  await refused(/^error\[store-failed\]: "store\/attempts\/p\/repo" of run <run> is not what the run recorded\n/)
  rmSync(place('repo'), { recursive: true })
  await refused(/^error\[store-failed\]: "store\/attempts\/p\/repo" of run <run> isn't there any more\n/)
  execFileSync('mkfifo', [place('repo')])
  await refused(/^error\[store-failed\]: can't take "store\/attempts\/p\/repo": it is not a regular file\n/)
})

test('logs and metrics are files of the run, or nothing is fetched', async () => {
  const { folder, own, fetch, list, clean } = await shared()
  const log = join(own, 'logs/make.1.log')
  writeFileSync(join(own, 'logs/odd\nname.log'), '')
  writeFileSync(join(own, 'logs/.log'), '')
  expect((await fetch()).code).toBe(0)
  expect(list()).toEqual([...always, 'model/model.bin', 'plots/a.svg'].sort())
  rmSync(join(folder, 'out'), { recursive: true })
  const refused = async (why: string) => {
    const { code, stdout, stderr } = await fetch()
    expect([code, stdout, stderr.split('\n')[0]]).toEqual([5, '', `error[store-failed]: can't ${why}`])
    expect(list()).toBeUndefined()
    clean()
  }
  for (const [path, named] of [
    [log, 'store/runs/<run>/logs/make.1.log'],
    [join(own, 'metrics.jsonl'), 'store/runs/<run>/metrics.jsonl'],
  ] as const) {
    renameSync(path, `${path}.kept`)
    symlinkSync(join(folder, 'outside/precious'), path)
    await refused(`read "${named}": ELOOP, too many symbolic links encountered`)
    rmSync(path)
    execFileSync('mkfifo', [path])
    await refused(`take "${named}": it is not a regular file`)
    rmSync(path)
    renameSync(`${path}.kept`, path)
  }
  rmSync(join(own, 'logs'), { recursive: true })
  symlinkSync(join(folder, 'outside'), join(own, 'logs'))
  await refused('take "store/runs/<run>/logs": it is a symbolic link')
})

test('a copy has no rights that its owner gave to others', async () => {
  const { folder, output, fetch } = await shared()
  chmodSync(output.model.path, 0o6755)
  expect((await fetch()).code).toBe(0)
  expect((statSync(join(folder, 'out/model/model.bin')).mode & 0o7777).toString(8)).toBe('755')
})
