import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, sep } from 'node:path'
import { parseArgs } from 'node:util'
import { rolldown } from 'rolldown'
import { dts } from 'rolldown-plugin-dts'

/**
 * Bundles the whole workspace into this package's dist: one place to import from, few files to open at start. `pnpm
 * install` runs it, so that the examples start as fast as a user's program; `--types` adds what only publishing needs, and
 * `--out` names another folder of a package than this one. The package itself has no script that runs when it is packed
 * or installed: npm would warn of it.
 */
const began = Date.now()
const here = import.meta.dirname
const { values } = parseArgs({ options: { types: { type: 'boolean' }, out: { type: 'string', default: here } } })
const out = join(values.out, 'dist')
const root = join(here, '../..')
const external = /^(node:|zod$|zod\/|@kubernetes\/client-node$|commander$|yaml$|tsx$|tsx\/|rolldown$|rolldown\/)/

// our code must not be changed by a stage that replaces a global
const intrinsics = join(here, 'src/process/intrinsics.ts')
const inject = Object.fromEntries(
  Object.entries({
    'JSON.parse': 'parse',
    'JSON.stringify': 'stringify',
    'Object.entries': 'entries',
    'Object.fromEntries': 'fromEntries',
    'Object.keys': 'keys',
    'Object.values': 'values',
    'Date.now': 'clock',
    'performance.now': 'now',
    'Promise.all': 'all',
    'Buffer.from': 'toBuffer',
    'Buffer.byteLength': 'byteLength',
    Date: 'DateNow',
    Promise: 'PromiseNow',
    setTimeout: 'timeout',
    clearTimeout: 'noTimeout',
    setImmediate: 'soon',
  }).map(([global, name]): [string, [string, string]] => [global, [intrinsics, name]]),
)

// nor by one that replaces what Node itself uses (paths.ts)
const paths = join(here, 'src/process/paths.ts')
const plugins = [{ name: 'paths', resolveId: (id: string, by?: string) => (isPath(id, by) ? paths : null) }]
const isPath = (id: string, by: string | undefined): boolean =>
  id === 'node:path' && by !== paths && !by?.includes('node_modules')
const outside = (names: RegExp) => (id: string, by: string | undefined) => names.test(id) && !isPath(id, by)

const code = await rolldown({
  input: {
    index: join(here, 'src/index.ts'),
    config: join(here, 'src/config.ts'),
    bin: join(here, 'src/process/bin.ts'),
    child: join(here, 'src/process/child.ts'),
    worker: join(here, 'src/process/worker.ts'),
  },
  external: outside(external),
  platform: 'node',
  plugins,
  transform: { inject },
})
await code.write({ dir: out, format: 'esm', chunkFileNames: '[name].js', sourcemap: false })

// one file with all that it needs, for a volume of a pod that has nothing else; gives the paths of its modules
async function forPod(entry: string, name: string, beside: { readonly inject?: typeof inject }): Promise<string[]> {
  const pod = await rolldown({
    input: join(here, entry),
    external: outside(/^node:/),
    platform: 'node',
    plugins,
    // no module of ours is there for what loading it does
    treeshake: { moduleSideEffects: false },
    transform: beside,
  })
  const [{ code, moduleIds }] = (
    await pod.generate({
      format: 'esm',
      codeSplitting: false,
      minify: { compress: true, mangle: false, codegen: true },
    })
  ).output
  mkdirSync(join(out, 'pod'), { recursive: true })
  // a stack names this instead of a whole data: URL
  // it may be imported from a data: URL, against which nothing can be resolved
  const text = code.trimEnd().replaceAll('import.meta.url', JSON.stringify(`file:///millrace/${name}`))
  writeFileSync(join(out, 'pod', name), `${text}\n//# sourceURL=millrace/${name}\n`)
  return moduleIds
}
const modules = [
  await forPod('src/process/pod.ts', 'runner.mjs', { inject }),
  // no code of an author's runs in it
  await forPod('src/process/driver.ts', 'driver.mjs', {}),
].flat()

// what runs the scripts of Python stages
cpSync(join(root, 'packages/python/src/millrace'), join(out, 'python/millrace'), {
  recursive: true,
  filter: (path) => !path.includes('__pycache__'),
})
// what type checkers read in its place
cpSync(join(root, 'packages/python/stub'), join(out, 'python/stub'), { recursive: true })

if (values.types) {
  const separate = mkdtempSync(join(tmpdir(), 'millrace-types-'))
  try {
    declare(separate)
    await rollUp(separate)
  } finally {
    rmSync(separate, { recursive: true, force: true })
  }
  cpSync(join(root, 'LICENSE'), join(values.out, 'LICENSE'))
  cpSync(join(root, 'README.md'), join(values.out, 'README.md'))
  writeFileSync(join(values.out, 'NOTICES.md'), notices(modules))
  cpSync(join(root, 'docs/reference/events.schema.json'), join(out, 'events.schema.json'))
  removeOld()
}

/** The licences of the packages that are part of a bundle, as each asks for. */
function notices(paths: readonly string[]): string {
  const folders = paths.map((path) => /^.*[/\\]node_modules[/\\](@[^/\\]+[/\\])?[^/\\]+/.exec(path)?.[0])
  const parts = [...new Set(folders)].flatMap((folder) => {
    if (folder === undefined) return []
    const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, string>
    const file = readdirSync(folder).find((entry) => /^licen[cs]e(\.|$)/i.test(entry))
    if (file === undefined) throw new Error(`${name} is bundled, and comes without the text of its licence`)
    return `## ${name} ${version}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`
  })
  return `# Notices\n\nThe code of these packages is part of \`dist/pod\`.\n\n${parts.sort().join('\n')}`
}

/** What earlier builds left: the names of parts change with the code. */
function removeOld(): void {
  for (const name of readdirSync(out, { recursive: true, encoding: 'utf8' })) {
    const path = join(out, name)
    const found = statSync(path)
    if (found.isFile() && found.mtimeMs < began - 2000) rmSync(path)
  }
}

/** The declarations of all packages side by side, which find each other by relative paths. */
function declare(types: string): void {
  const compiler = ['--noEmit', 'false', '--declaration', '--emitDeclarationOnly', '--rewriteRelativeImportExtensions']
  execFileSync(
    join(here, 'node_modules/.bin/tsc'),
    ['-p', join(here, 'tsconfig.build.json'), ...compiler, '--rootDir', join(root, 'packages'), '--outDir', types],
    { stdio: 'inherit' },
  )
  for (const file of readdirSync(types, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.d.ts'),
  )) {
    const path = join(types, file)
    const text = readFileSync(path, 'utf8')
    const up = '../'.repeat(file.split(sep).length - 1)
    const rewritten = text
      .replaceAll(/(['"])@millrace\/([\w-]+)\1/g, (_, __, name: string) => `'${up}${name}/src/index.js'`)
      .replaceAll(/((?:from|import) '\.[^']*)\.ts'/g, "$1.js'")
    if (rewritten !== text) writeFileSync(path, rewritten)
  }
}

/** One file for each entry of the package, which stands on its own. */
async function rollUp(types: string): Promise<void> {
  for (const entry of ['index', 'config']) {
    const input = { [entry]: join(types, `millrace/src/${entry}.d.ts`) }
    const rolled = await rolldown({ input, external, plugins: dts({ dtsOnly: true, generator: 'oxc' }) })
    await rolled.write({ dir: out, format: 'esm', entryFileNames: '[name].ts' })
  }
}
