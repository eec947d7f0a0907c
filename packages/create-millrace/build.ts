import { join } from 'node:path'
import { rolldown } from 'rolldown'

/** One file that needs nothing but Node, so that `npm create` fetches this package alone. */
const here = import.meta.dirname
const code = await rolldown({
  input: join(here, 'src/bin.ts'),
  external: /^node:/,
  platform: 'node',
  treeshake: { moduleSideEffects: (id) => id.startsWith(join(here, 'src')) },
})
await code.write({ file: join(here, 'dist/bin.js'), format: 'esm', codeSplitting: false })
