import { test } from 'vitest'
import { endOf, onCluster, space, type Told } from '../support/cluster.ts'
import { hostile } from './hostile-program.ts'

/** How tokens of service accounts begin. */
const token = 'eyJhbGciOi'

/** Files of the store in which a token stands, and how many were looked at; no link is followed. */
const tokensInStore = `(() => {
  const found = []
  let files = 0
  const open = ['.']
  for (let at = open.pop(); at !== undefined; at = open.pop())
    for (const entry of fs.readdirSync(at, { withFileTypes: true })) {
      const path = at + '/' + entry.name
      if (entry.isDirectory()) open.push(path)
      else if (entry.isFile() && fs.statSync(path).size < 2 ** 26) {
        files++
        if (fs.readFileSync(path).includes('${token}')) found.push(path)
      }
    }
  return { found, files }
})()`

const named = (cause: { readonly code: string; readonly message: string }): string =>
  `${cause.code}: ${cause.message}`.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<uid>')

const indexOf = ({ index }: Told): number => index?.[0] ?? -1

const refuses = (node: string, file: string, what: string) =>
  `attempt-refused: the driver refuses an attempt of "${node}": "${file}" ${what}`

onCluster('hostile', () => {
  const here = space('hostile')

  test('stages that do harm have it alone', { timeout: 900_000 }, async ({ expect }) => {
    const compiled = await here.compile(hostile)
    const { driver } = compiled
    await here.apply(compiled)
    const job = await here.ended(driver, 800)
    expect(endOf(job)).toBe('Failed')

    // no driver came to harm: there was one, and it told the end
    const pods = await here.podsOf(driver)
    expect(pods.map(({ status }) => status.containerStatuses[0].restartCount)).toEqual([0])
    expect(pods[0]?.status.containerStatuses[0].state.terminated).toMatchObject({ exitCode: 100, reason: 'Error' })
    const log = await here.ok(['logs', pods[0]?.metadata.name as string])
    expect(log).not.toContain(token)
    const events = await here.events(driver)
    const last = events.at(-1) as Told
    expect(last).toMatchObject({ event: 'run.finished', status: 'failed' })

    const attempt = (name: string, index: number) => `attempts/${index}-<uid>/${name}`
    const marker = (kind: string, index: number) => `${kind}/${index}-<uid>.json`
    const linked = 'is a symbolic link'
    const causes = [
      refuses('evil', attempt('log.txt', 0), linked),
      refuses('evil', attempt('metrics.jsonl', 1), linked),
      refuses('evil', attempt('log.jsonl', 2), linked),
      refuses('evil', attempt('log.txt', 3), linked),
      refuses('evil', attempt('log.txt', 4), 'is no regular file'),
      refuses('evil', attempt('log.txt', 5), 'has more than 67109120 bytes'),
      refuses('evil', 'attempts/6-<uid>', linked),
      refuses('evil', marker('done', 7), linked),
      refuses('evil', marker('failed', 8), linked),
      refuses('evil', marker('done', 9), 'is no regular file'),
      refuses('evil', marker('done', 10), 'is no marker: inputDigest is not a digest'),
      refuses('evil', marker('failed', 11), 'is no marker: cause is not an object'),
      refuses('evil', marker('failed', 12), 'is no marker: cause.code is not a code of an error'),
      refuses('evil', marker('done', 13), 'is no marker: it is nested more than 500 levels deep'),
      refuses('evil', marker('done', 14), 'has more than 8388608 bytes'),
      'invalid-output: "evil" returned what its output schema refuses: list[0]: Invalid input',
      refuses('evil', marker('done', 16), 'is no marker: it holds more than 1100000 values'),
    ]
    const failed = events.filter(({ event }) => event === 'stage.failed')
    const evils = failed.filter(({ node }) => node === 'evil').sort((a, b) => indexOf(a) - indexOf(b))
    expect(evils.map(({ cause }) => named(cause))).toEqual(causes)
    const outside = 'which is outside its folder'
    const path = `/millrace/store/jobs/<uid>/attempts/0-x/files/rows.csv`
    expect((last.errors as Told['errors']).map(named).sort()).toEqual([
      refuses('floods', 'done', 'holds more than 1010 files'),
      refuses('turns', 'done', linked),
      `output-outside: "steals" names "${path}" as its output "rows", ${outside}`,
    ])

    // what does none is not touched
    const outputs = (node: string) =>
      events.filter((told) => told.event === 'stage.succeeded' && told.node === node).map(({ output }) => output)
    expect(outputs('innocent').sort((a, b) => a.n - b.n)).toEqual([{ n: 2 }, { n: 4 }, { n: 6 }])
    expect(outputs('tries')).toEqual([
      {
        tried: {
          item: 'EROFS',
          release: 'EROFS',
          'item of another': 'EROFS',
          // it may not be there yet
          'marker of another': expect.stringMatching(/^(?:EROFS|ENOENT)$/),
          store: 'EROFS',
          journal: 'EROFS',
          format: 'EROFS',
          root: 'EROFS',
          runner: 'EROFS',
          code: 'EROFS',
          'above its folder': 'EROFS',
          account: 'ENOENT',
        },
      },
    ])
    expect(last.counts).toEqual({ ran: 4, cached: 0, skipped: 0, failed: 20 })

    const { found, files } = (await here.inStore(tokensInStore)) as { readonly found: string[]; readonly files: number }
    expect(found).toEqual([])
    expect(files).toBeGreaterThan(40)
  })
})
