import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, parse } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { removeTree } from '../src/index.ts'

test('a folder goes with all that it holds; one that is not there is no matter', () => {
  const root = mkdtempSync(join(tmpdir(), 'millrace-tree-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  const folder = join(root, 'a')
  mkdirSync(join(folder, 'b'), { recursive: true })
  writeFileSync(join(folder, 'b/c'), 'x')
  removeTree(folder)
  removeTree(folder)
  expect([existsSync(folder), existsSync(root)]).toEqual([false, true])
})

test('never the folder in which the process works, one around it, or what is relative to it', () => {
  const here = process.cwd()
  for (const path of ['.', '', '..', 'attempts', here, `${here}/`, dirname(here), parse(here).root])
    expect(() => removeTree(path)).toThrow(`"${path}" is no folder that Millrace made`)
  expect(existsSync(join(here, 'package.json'))).toBe(true)
})
