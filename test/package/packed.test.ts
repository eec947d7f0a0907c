import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { packedFiles, packedProject } from '../support/packed.ts'

const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'millrace-packed-'))

beforeAll(async () => {
  await packedProject(folder)
  copyFileSync(join(root, 'examples/01-hello/hello.ts'), join(folder, 'hello.ts'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const node = (...words: string[]) => spawnSync(process.execPath, words, { cwd: folder, encoding: 'utf8' })

test('a program runs on the packed package, by Node alone', () => {
  const { status, stdout } = node('hello.ts', '--param', 'name=Pack', '--progress', 'quiet')
  expect({ status, stdout }).toEqual({ status: 0, stdout: '{"text":"Hello, Pack!"}\n' })
})

test('a second run is cached, and the millrace command starts the program too', () => {
  const { status, stdout, stderr } = node('node_modules/millrace/bin/millrace.js', 'hello.ts', '--param', 'name=Pack')
  expect({ status, stdout }).toEqual({ status: 0, stdout: '{"text":"Hello, Pack!"}\n' })
  expect(stderr).toMatch(/0 ran, 1 cached, 0 skipped, 0 failed, \d+\.\d\d s\n$/)
})

test('an isolated stage runs in a process of its own', () => {
  const program = readFileSync(join(folder, 'hello.ts'), 'utf8')
    .replace("stage('greet', {", "stage('greet', {\n  isolate: 'process',")
    .replace(/`Hello.*`/, 'String(process.env.MILLRACE_ATTEMPT_ID !== undefined)')
  writeFileSync(join(folder, 'isolated.ts'), program)
  const { status, stdout } = node('isolated.ts', '--progress', 'quiet')
  expect({ status, stdout }).toEqual({ status: 0, stdout: '{"text":"true"}\n' })
})

test('its declarations stand on their own', () => {
  const options = {
    module: 'nodenext',
    target: 'es2024',
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    types: ['node'],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['hello.ts'] }))
  const { stdout } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', folder], { encoding: 'utf8' })
  expect(stdout).toBe('')
})

test('it has the schema of its events', () => {
  const { status, stdout } = node('-p', "require('millrace/events.schema.json').title")
  expect({ status, stdout }).toEqual({ status: 0, stdout: 'An event of a run\n' })
})

test('it holds what is built and nothing else, by npm as by pnpm', async () => {
  const { npm, pnpm } = await packedFiles('millrace')
  expect(npm).toEqual(pnpm)
  expect(Object.keys(pnpm).filter((file) => file.endsWith('.d.ts'))).toEqual(['dist/config.d.ts', 'dist/index.d.ts'])
  expect(pnpm['NOTICES.md']).toMatch(/^# Notices\n[^#]*## zod \d[^#]*MIT License[^#]*$/)
  const files = readdirSync(join(folder, 'node_modules/millrace'))
  expect(files.sort()).toEqual(['LICENSE', 'NOTICES.md', 'README.md', 'bin', 'dist', 'package.json'])
  const { dependencies } = JSON.parse(readFileSync(join(folder, 'node_modules/millrace/package.json'), 'utf8')) as {
    dependencies: Record<string, string>
  }
  expect(Object.keys(dependencies)).toEqual(['commander', 'rolldown', 'yaml'])
})
