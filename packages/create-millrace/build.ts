import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { rolldown } from 'rolldown'

/**
 * One file that needs nothing but Node, so that `npm create` fetches this package alone. `--out` names another folder of
 * a package than this one.
 */
const here = import.meta.dirname
const { values } = parseArgs({ options: { out: { type: 'string', default: here } } })
const code = await rolldown({
  input: join(here, 'src/bin.ts'),
  external: /^node:/,
  platform: 'node',
  treeshake: { moduleSideEffects: (id) => id.startsWith(join(here, 'src')) },
})
await code.write({ file: join(values.out, 'dist/bin.js'), format: 'esm', codeSplitting: false })
