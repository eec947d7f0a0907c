import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { digestJson, driverFolder, itemName, podsFolder } from '@millrace/ir'
import { root, start } from '../../support/processes.ts'

/** What a pod left. */
interface Ended {
  readonly code: number | null
  /** Of the stage; undefined when it failed. */
  readonly output: unknown
  readonly said: string
}

const jobUid = '01234567-89ab-4cde-8f01-23456789abcd'
const digest = (digits: string): string => `sha256:${digits.repeat(16)}`

/** Runs a stage without input as a pod does: from its packed code alone, where no folder above has a `node_modules`. */
export async function runInPod(code: Buffer): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-pod-'))
  try {
    const [store, scratch, termination] = ['store', 'scratch', 'termination'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ]
    const own = join(store, podsFolder(jobUid))
    const itemPath = join(store, driverFolder(jobUid), itemName(0))
    for (const made of [own, dirname(itemPath), scratch]) mkdirSync(made, { recursive: true })
    writeFileSync(termination, '')
    writeFileSync(join(folder, 'code.gz'), code)
    writeFileSync(join(folder, 'runner.mjs'), readFileSync(join(root, 'packages/millrace/dist/pod/runner.mjs')))
    const item = {
      ...{ version: 1, run: '20251122-101112-abcdef', pipeline: 'demo', node: 'use', generation: 0, seed: 42 },
      ...{ key: digest('0000'), inputDigest: digestJson({}), codeDigest: digest('c0de'), input: {} },
      ...{ resources: { cpu: 1, memory: '512Mi' }, retries: 0 },
    }
    writeFileSync(itemPath, JSON.stringify(item))
    const places = { code: join(folder, 'code.gz'), store, own, scratch, termination, itemWait: 3000, grace: 20_000 }
    const started = start(folder, [], {
      how: 'node',
      entry: 'runner.mjs',
      env: {
        MILLRACE_JOB: 'demo-use-0123456789ab',
        MILLRACE_JOB_UID: jobUid,
        MILLRACE_POD_UID: '11111111-2222-4333-8444-555555555555',
        MILLRACE_CODE: digest('c0de'),
        MILLRACE_POD: JSON.stringify(places),
        MILLRACE_STORE: undefined,
        JOB_COMPLETION_INDEX: '0',
      },
    })
    const { code: exit } = await started.ended
    const attempts = join(own, 'attempts')
    const [attempt = ''] = existsSync(attempts) ? readdirSync(attempts) : []
    const output = join(attempts, attempt, 'output.json')
    return {
      code: exit,
      output: exit === 0 && existsSync(output) ? JSON.parse(readFileSync(output, 'utf8')) : undefined,
      said: readFileSync(termination, 'utf8') || started.stderr(),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}
