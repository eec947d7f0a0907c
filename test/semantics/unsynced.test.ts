import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { program } from '../support/program.ts'

test.skipIf(!existsSync('/proc/self/fd'))(
  'a disk that takes no results at the end of a run is told, by the journal too',
  async () => {
    const { run } = program({
      'disk.cjs': `const fs = require('node:fs')
const { syncBuiltinESMExports } = require('node:module')
const { fsyncSync } = fs
fs.fsyncSync = (fd) => {
  if (!fs.readlinkSync(\`/proc/self/fd/\${fd}\`).includes('/packs/')) return fsyncSync(fd)
  throw Object.assign(new Error('ENOSPC: no space left on device, fsync'), { code: 'ENOSPC', syscall: 'fsync' })
}
syncBuiltinESMExports()
`,
      'program.ts': `import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'
export const one = stage('one', { input: z.object({}), output: z.object({ n: z.number() }), run: () => ({ n: 1 }) })
export const small = pipeline('small', { input: z.object({}), build: () => one({}) })
main(import.meta, small)
`,
    })
    const ran = await run(['--json'], { env: { NODE_OPTIONS: '--require ./disk.cjs' } })
    expect(ran.code).toBe(5)
    expect(ran.events().map(({ event }) => event)).toEqual([
      'run.started',
      'stage.started',
      'stage.succeeded',
      'run.finished',
    ])
    expect(ran.events().at(-1)).toMatchObject({ status: 'failed', output: null })
    expect(ran.stderr).toMatchInlineSnapshot(`
      "error[store-failed]: the store failed: ENOSPC: no space left on device, fsync
        fix: Make room or mend the disk, then run again to go on.
      1 ran, 0 cached, 0 skipped, 0 failed, <s>
      "
    `)
    expect((await run(['runs', 'list'])).stdout).toContain('failed')
  },
)
