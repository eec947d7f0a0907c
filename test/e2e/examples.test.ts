import { type ExpectStatic, test } from 'vitest'
import { type Compiled, endOf, noCluster, onCluster, space, type Told } from '../support/cluster.ts'
import { finish } from '../support/processes.ts'

// said once, for all files beside this one
if (noCluster !== undefined) process.stderr.write(`test/e2e is left out: ${noCluster}\n`)

onCluster('examples', () => {
  const here = space('examples')

  /** What an output says, wherever its artifacts lie. */
  const told = (output: unknown): unknown =>
    JSON.parse(JSON.stringify(output, (key, value) => (key === 'path' ? undefined : value)))

  async function local({ program }: Compiled, entry: string, args: readonly string[]): Promise<Told> {
    const { events } = await finish(program, ['--json', ...args], { entry, timeout: 400_000 })
    return events().at(-1) as unknown as Told
  }

  async function sameAsLocal(
    expect: ExpectStatic,
    compiled: Compiled,
    entry: string,
    args: readonly string[],
  ): Promise<void> {
    await here.apply(compiled)
    const [driver, there] = await Promise.all([here.ended(compiled.driver, 1000), local(compiled, entry, args)])
    const log = (await here.ok(['logs', `job/${compiled.driver}`])).trimEnd().split('\n')
    expect(endOf(driver), log.at(-1)).toBe('Complete')
    const events = log.map((line) => JSON.parse(line) as Told)
    expect(events.findIndex(({ event }) => event === 'run.finished')).toBe(events.length - 1)
    const last = events.at(-1) as Told
    expect(last).toMatchObject({ status: 'succeeded', errors: [], counts: there.counts })
    expect(told(last.output)).toEqual(told(there.output))
    expect(JSON.stringify(told(last.output))).toMatch(/"digest":"sha256:|"text"/)
  }

  /** The objects, but for who owns which field: that is told by their versions. */
  async function changesNothing(expect: ExpectStatic, pipeline: string, { folder }: Compiled): Promise<void> {
    const jobs = async () => {
      const all = await here.list('jobs', `millrace.dev/pipeline=${pipeline}`)
      const texts = all.map(({ metadata: { resourceVersion: _, ...metadata }, ...job }) => [
        metadata.name,
        { ...job, metadata },
      ])
      const versions = all.map(({ metadata }) => [metadata.name, metadata.resourceVersion])
      return { objects: Object.fromEntries(texts), versions: Object.fromEntries(versions) }
    }
    const before = await jobs()
    const nothing = { code: 0, stdout: '', stderr: '' }
    expect(await here.kubectl(['diff', '-k', folder])).toEqual(nothing)
    expect(await here.kubectl(['diff', '--server-side', '-k', folder])).toEqual(nothing)
    expect(await here.kubectl(['apply', '--server-side', '-k', folder])).toMatchObject({ code: 0, stderr: '' })
    const after = await jobs()
    expect(after.objects).toEqual(before.objects)
    expect(await here.kubectl(['apply', '--server-side', '-k', folder])).toMatchObject({ code: 0, stderr: '' })
    expect((await jobs()).versions).toEqual(after.versions)
  }

  test.concurrent('hello: one apply is a run, the same as here; a second one changes nothing', {
    timeout: 240_000,
  }, async ({ expect }) => {
    const compiled = await here.compileExample('01-hello', 'hello.ts')
    await sameAsLocal(expect, compiled, 'hello.ts', [])
    await changesNothing(expect, 'hello', compiled)
  })

  test.concurrent('shapes: maps in maps, pipelines in maps, branches, artifacts', { timeout: 600_000 }, async ({
    expect,
  }) => {
    const args = ['kinds=["circle","nothing"]', 'neighbours=[1,5]', 'kept=[2]', 'sketches=["circle"]'].flatMap(
      (given) => ['--param', given],
    )
    const compiled = await here.compileExample('03-shapes', 'shapes.ts', args)
    await sameAsLocal(expect, compiled, 'shapes.ts', args)
    await changesNothing(expect, 'shapes', compiled)
  })

  test.concurrent('digits: from data to a report, with fewer settings', { timeout: 1_200_000 }, async ({ expect }) => {
    const args = ['--param', 'settings=[{"gamma":0.001,"c":1},{"gamma":0.001,"c":10}]']
    const compiled = await here.compileExample('02-digits', 'digits.ts', args)
    await sameAsLocal(expect, compiled, 'digits.ts', args)
    await changesNothing(expect, 'digits', compiled)
  })
})
