import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from '../support/processes.ts'

/** Runs a test file that is a campaign of its own, as its variables say. Throws with all that it said when it fails. */
export async function inVitest(file: string, variables: Readonly<Record<string, string>>): Promise<void> {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const child = spawn(process.execPath, [vitest, 'run', file], {
    cwd: root,
    env: { ...process.env, NO_COLOR: '1', ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve))
  if (code !== 0 || !/^ +Tests +\d+ passed/m.test(said)) throw new Error(said)
}
