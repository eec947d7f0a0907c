import { packStage, type Target, targets } from '../../packages/compiler/src/index.ts'

/** Runs one call of plan.json by the runner that pods have: `node step.mjs <id>`. */
const step = `import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
const { plan, input } = JSON.parse(readFileSync('plan.json', 'utf8'))
const [nameOf, read] = [(id) => id.replace(/[^a-z0-9.-]/gi, '_'), (path) => JSON.parse(readFileSync(path, 'utf8'))]
const look = (ref) => (ref === ':input' ? input : read(join('out', nameOf(ref))))
const each = (at, visit) => Object.fromEntries(Object.entries(at).map(([key, item]) => [key, visit(item)]).filter(([, item]) => item !== undefined))
const resolve = (at) =>
  'value' in at ? at.value
  : 'ref' in at ? at.path.reduce((value, key) => value?.[key], look(at.ref))
  : 'items' in at ? at.items.map((item) => resolve(item) ?? null)
  : each(at.fields, resolve)
const canonical = (at) =>
  Array.isArray(at) ? '[' + at.map(canonical) + ']'
  : at && typeof at === 'object' ? '{' + Object.keys(at).sort().map((key) => JSON.stringify(key) + ':' + canonical(at[key])) + '}'
  : JSON.stringify(at)
const content = (at) =>
  Array.isArray(at) ? at.map(content)
  : !at || typeof at !== 'object' ? at
  : 'digest' in at && 'path' in at ? { digest: at.digest, size: at.size } : each(at, content)
const digest = (value) => 'sha256:' + createHash('sha256').update(canonical(value)).digest('hex')
const put = (path, text) => (mkdirSync(join(path, '..'), { recursive: true }), writeFileSync(path, text))
const [id] = process.argv.slice(2)
const node = id === ':result' ? { kind: 'value', value: plan.result } : plan.nodes.find((node) => node.id === id)
const done = (value) => put(join('out', nameOf(id)), JSON.stringify(value ?? null))
if (node.kind === 'value') done(node.value ? resolve(node.value) : node.default && resolve(node.default))
else {
  const [name, args, { code, identity, name: stage }] = [nameOf(id), resolve(node.args), plan.stages[node.stage]]
  const key = digest({ identity, input: content(args) })
  const item = { version: 1, run: 'shell', pipeline: plan.pipeline, node: id, generation: 0, key, inputDigest: digest(args), codeDigest: code, seed: Number.parseInt(key.slice(7, 15), 16), resources: { cpu: 1, memory: '512Mi' }, retries: 0, input: args }
  const [store, scratch] = [join(process.cwd(), 'store'), join(process.cwd(), 'scratch', name)]
  const own = join(store, 'jobs', name)
  put(join(store, 'released', name, 'items/0.json'), JSON.stringify(item))
  put(join(scratch, 'code.gz'), Buffer.from(readFileSync(join('code', nameOf(node.stage)), 'utf8'), 'base64'))
  mkdirSync(own, { recursive: true })
  const places = { code: join(scratch, 'code.gz'), store, own, scratch, termination: join(scratch, 'last') }
  const env = { ...process.env, MILLRACE_POD: JSON.stringify(places), MILLRACE_JOB: stage, MILLRACE_JOB_UID: name, MILLRACE_POD_UID: 'a', MILLRACE_CODE: code, JOB_COMPLETION_INDEX: '0' }
  execFileSync(process.execPath, ['runner.mjs'], { env, stdio: 'inherit' })
  const { output } = read(join(own, 'done', readdirSync(join(own, 'done'))[0]))
  const placed = (at) =>
    Array.isArray(at) ? at.map(placed)
    : !at || typeof at !== 'object' ? at
    : 'digest' in at && 'path' in at ? { ...at, path: at.path.startsWith(store) ? at.path.slice(store.length + 1) : join('jobs', name, 'attempts/0-a/files', at.path) } : each(at, placed)
  done(placed(output))
}
`

/** Writes a Plan as a shell script: a whole target, to show what adding one takes. */
export const shell: Target = {
  capabilities: {
    ...targets.kubernetes.capabilities,
    name: 'shell',
    maps: 'none',
    forgivingMaps: false,
    conditions: false,
    secrets: false,
    ownEnv: false,
  },
  needsCluster: false,
  lower({ plan, input, stages, runner }) {
    const steps = [...plan.nodes.map(({ id }) => id), ':result'].map((id) => `node step.mjs '${id}'`)
    const code = [...stages].map(([key, stage]) => ({
      path: `code/${key.replace(/[^a-z0-9.-]/gi, '_')}`,
      content: Buffer.from(packStage(stage)).toString('base64'),
    }))
    const files = [
      { path: 'run.sh', content: `set -e\n${steps.join('\n')}\ncat out/_result\n` },
      { path: 'step.mjs', content: step },
      { path: 'plan.json', content: JSON.stringify({ plan, input }) },
      { path: 'runner.mjs', content: Buffer.from(runner).toString() },
      ...code,
    ]
    return { files, diagnostics: [] }
  },
}
