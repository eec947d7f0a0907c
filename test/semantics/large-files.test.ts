import { closeSync, existsSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { program } from '../support/program.ts'

/** Two stages that hand a file above 1 GiB on, each a byte longer than the last that is of use. */
const text = (isolate: string) => `
import { truncateSync, writeFileSync } from 'node:fs'
import { file, main, pipeline, stage } from 'millrace'
import { z } from 'zod'
export const make = stage('make', { input: z.object({}), output: z.object({ data: file() }), ${isolate} run: (_, context) => {
  const data = context.file('data')
  writeFileSync(data.path, '')
  truncateSync(data.path, 2 ** 30 + 1)
  return { data }
} })
export const pass = stage('pass', { input: z.object({ data: file() }), output: z.object({ data: file(), n: z.number() }), ${isolate} run: ({ data }) => ({ data, n: data.size }) })
export const big = pipeline('big', { input: z.object({}), build: () => pass({ data: make({}).data }) })
main(import.meta, big)
`

for (const [where, isolate, ...words] of [
  ['in a worker', ''],
  ['in this process', '', '--in-process'],
  ['in a process of its own', "isolate: 'process',"],
] as const)
  test(`bytes of what is above 1 GiB are checked, not only their number (${where})`, async () => {
    const { folder, run } = program(text(isolate))
    const counts = async (...words: string[]) => (await run(['--progress', 'quiet', ...words])).stderr
    const events = (await run(['--json', ...words])).events()
    const { run: id, output } = events.at(-1) as unknown as { run: string; output: { data: { path: string } } }
    expect(await counts()).toBe('0 ran, 2 cached, 0 skipped, 0 failed, <s>\n')
    expect(await counts('--verify')).toBe('0 ran, 2 cached, 0 skipped, 0 failed, <s>\n')
    const fd = openSync(output.data.path, 'r+')
    writeSync(fd, 'x', 7)
    closeSync(fd)
    const { code, stderr } = await run(['runs', 'fetch', id, 'out'])
    expect([code, stderr.replace(/"[^"]*"/, '<file>'), existsSync(join(folder, 'out'))]).toEqual([
      5,
      'error[store-failed]: <file> of run <run> is not what the run recorded\n' +
        '  fix: Run the program again: what is lost or damaged is made anew.\n',
      false,
    ])
    expect(await counts()).toBe('2 ran, 0 cached, 0 skipped, 0 failed, <s>\n')
  })
