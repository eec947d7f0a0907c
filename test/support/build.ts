import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** Programs that tests start as a user would run what is built, so it must be built from the sources as they are. */
export default function build(): void {
  const root = join(import.meta.dirname, '../..')
  execFileSync(join(root, 'node_modules/.bin/tsx'), ['build.ts'], {
    cwd: join(root, 'packages/millrace'),
    stdio: 'inherit',
  })
}
