import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { blocksOf, matches } from '../examples/blocks.ts'
import { installPacked } from '../support/packed.ts'
import { node } from '../support/processes.ts'
import { command, create, type Ended } from './create.ts'

describe.each([
  { template: 'hello', folder: 'erste Schritte', name: 'erste-schritte', stages: 2, calls: 2 },
  { template: 'digits', folder: 'digits', name: 'digits', stages: 6, calls: 9 },
])('a project from the template $template', ({ template, folder, name, stages, calls }) => {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'create-')))
  const project = join(base, folder)
  const run = (...words: string[]): Ended => command(project, words)
  const script = (script: string): Ended => run(node, '--run', script)
  let first: Ended

  beforeAll(async () => {
    const made = create(base, [folder, '--template', template, '--no-install', '--no-git'])
    expect(made).toEqual({ code: 0, stdout: expect.stringContaining('npm start'), stderr: '' })
    await installPacked(project)
    first = script('start')
  })
  afterAll(() => rmSync(base, { recursive: true, force: true, maxRetries: 3 }))

  test('runs', () => {
    expect(first).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(`\n${calls} ran, 0 cached, 0 skipped, 0 failed`),
    })
    const output = JSON.parse(first.stdout) as Record<string, unknown>
    if (template === 'hello') expect(output).toEqual({ words: ['much', 'depends'] })
    else {
      const { accuracy, setting, release } = output as { accuracy: number; setting: object; release: { path: string } }
      expect({ setting, good: accuracy > 0.9 }).toEqual({ setting: { rate: 0.1, epochs: 20 }, good: true })
      expect(JSON.parse(readFileSync(join(release.path, 'card.json'), 'utf8'))).toEqual({ setting, accuracy })
      expect(JSON.parse(readFileSync(join(release.path, 'model.json'), 'utf8'))).toHaveLength(10)
    }
  })

  test('a second run is cached', () => {
    const { code, stdout, stderr } = script('start')
    expect({ code, stdout }).toEqual({ code: 0, stdout: first.stdout })
    expect(stderr).toMatch(`\n0 ran, ${calls} cached, 0 skipped, 0 failed`)
  })

  test('its types and its environment are right', () => {
    const { code, stdout } = script('check')
    expect({ code, stdout }).toEqual({ code: 0, stdout: `onprem  fits          ${stages} stages\n` })
  })

  test('its own tests pass', () => {
    const { code, stdout } = script('test')
    expect({ code, passed: /^. pass (\d+)$/m.exec(stdout)?.[1] }, stdout).toEqual({ code: 0, passed: '2' })
  })

  test('the commands of its page work, and leave manifests that are as the program', () => {
    const page = readFileSync(join(project, 'README.md'), 'utf8')
    expect(page.split('\n')[0]).toBe(`# ${name}`)
    for (const { line, commands, output } of blocksOf(page)) {
      const ended = commands.map((one) => run('sh', '-c', one))
      const codes = ended.map(({ code }) => code)
      expect(codes, `README.md:${line}`).toEqual(codes.map(() => 0))
      const stdout = ended
        .map((one) => one.stdout)
        .join('')
        .trimEnd()
      if (output !== undefined && !matches(output, stdout)) expect(stdout).toBe(output)
    }
    const { code, stderr } = run(node, 'pipeline.ts', 'compile', '--check')
    expect({ code, stderr }).toEqual({ code: 0, stderr: `deploy/${template}/onprem is up to date\n` })
  })

  if (template === 'hello')
    test('a failed stage is told as its page says', () => {
      const program = (...words: string[]) => run(node, 'pipeline.ts', ...words)
      const why =
        /error\[stage-threw\]: "count" threw Error: there is no word in "123"\n {2}at run \(pipeline\.ts:11:23\)/
      expect(program('--param', 'text=123')).toMatchObject({ code: 1, stderr: expect.stringMatching(why) })
      expect(program('runs', 'show')).toMatchObject({ code: 0, stdout: expect.stringMatching(why) })
      expect(program('call', 'count')).toMatchObject({ code: 1, stderr: expect.stringMatching(why) })
    })
})
