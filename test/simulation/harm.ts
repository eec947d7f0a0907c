import { execFileSync } from 'node:child_process'
import { closeSync, ftruncateSync, mkdirSync, openSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect } from 'vitest'
import { besides, type Den, secret } from './hostile.ts'

const fix =
  "  fix: Let the stage write to the paths that it is given only; what else is in its folder is the runner's.\n"
export const refused = (file: string, what: string, node = 'evil') =>
  `error[attempt-refused]: the driver refuses an attempt of "${node}": "${file}" ${what}\n${fix}`

const calmOnes = ['calm', 'calm.2']

/** It fails, with its cause, and nothing else does. */
export async function fails(harm: (den: Den) => void, errors: string): Promise<void> {
  const seen = await besides((den) => {
    writeFileSync(den.token, secret)
    harm(den)
  })
  expect(seen).toMatchObject({ drivers: 1, status: 'failed', errors, succeeded: calmOnes })
  expect(seen.told).not.toContain(secret)
}

export const put = (path: string, content: string | Buffer): void => {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}
export const link = (to: string, path: string): void => {
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(to, path)
}
export const pipe = (path: string): void => {
  mkdirSync(dirname(path), { recursive: true })
  execFileSync('mkfifo', [path])
}
export const sparse = (path: string): void => {
  mkdirSync(dirname(path), { recursive: true })
  const fd = openSync(path, 'w')
  ftruncateSync(fd, 2 ** 40)
  closeSync(fd)
}
export const instead = (path: string, to: string): void => {
  renameSync(path, `${path}-aside`)
  symlinkSync(to, path)
}
