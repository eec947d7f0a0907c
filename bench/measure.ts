import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'

/** One program to measure, as a command line. */
export interface Subject {
  readonly name: string
  readonly command: readonly string[]
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  /** Done before each run, outside of the time. */
  before?(): void
}

export interface Figure {
  readonly name: string
  /** Seconds of a whole process. */
  readonly seconds: { readonly median: number; readonly least: number; readonly most: number }
  /** Peak memory of the largest process in MB. */
  readonly peak: number
}

const scratch = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))

/** Runs the subjects in turn, A B A B …, so that all see the same machine; the first round is not counted. */
export function measure(subjects: readonly Subject[], rounds: number): Figure[] {
  const times = subjects.map((): number[] => [])
  const peaks = subjects.map((): number[] => [])
  for (let round = 0; round <= rounds; round++) {
    for (const [i, subject] of subjects.entries()) {
      subject.before?.()
      const { seconds, peak } = once(subject)
      if (round === 0) continue
      times[i]?.push(seconds)
      peaks[i]?.push(peak)
    }
  }
  return subjects.map(({ name }, i) => {
    const sorted = [...(times[i] as number[])].sort((a, b) => a - b)
    const seconds = {
      median: sorted[sorted.length >> 1] as number,
      least: sorted[0] as number,
      most: sorted.at(-1) as number,
    }
    return { name, seconds, peak: Math.max(...(peaks[i] as number[])) }
  })
}

function once({ name, command, cwd, env }: Subject): { seconds: number; peak: number } {
  const file = join(scratch, 'peak')
  writeFileSync(file, '')
  const [program, ...words] = command as [string, ...string[]]
  const preload = `--require ${join(import.meta.dirname, 'peak.cjs')}`
  const began = performance.now()
  const { status, stderr } = spawnSync(program, words, {
    cwd,
    env: { ...process.env, NODE_OPTIONS: preload, BENCH_PEAK: file, ...env },
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  })
  const seconds = (performance.now() - began) / 1000
  if (status !== 0) throw new Error(`${name} ended with ${status}\n${stderr}`)
  const peaks = readFileSync(file, 'utf8').trim().split('\n').map(Number)
  return { seconds, peak: Math.max(...peaks) / 1000 }
}

export const machine = (): string => {
  const [first] = cpus()
  return `${cpus().length} cores (${first?.model ?? 'unknown'}), Node ${process.versions.node}`
}
