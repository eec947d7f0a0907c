import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildMillrace } from '../support/built.ts'
import { examples, makeGoldens } from './examples.ts'

/** Writes the goldens and manifests of all examples anew: `pnpm golden`. Read what changed before you commit it. */
// the manifests hold what is built for pods
buildMillrace()
for (const { path, name, folder } of examples) {
  const goldens = await makeGoldens(path, name)
  mkdirSync(join(path, 'golden'), { recursive: true })
  for (const [file, text] of Object.entries(goldens)) writeFileSync(join(path, 'golden', file), text)
  execFileSync('node_modules/.bin/tsx', [`${name}.ts`, 'compile'], { cwd: path, stdio: 'inherit' })
  console.log(`${folder}: ${Object.keys(goldens).join(', ')}`)
}
