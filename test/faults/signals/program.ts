/** Stages that end, or don't, in every way; with a file `go` beside the program all end at once and well. */
const program = `
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { main, map, pipeline, run, stage } from 'millrace'
import { z } from 'zod'
const go = () => existsSync('go')
/** Whether the run is disturbed already. */
const disturbed = () => go() || existsSync('disturbed')
const block = (ms: number) => {
  for (let end = Date.now() + ms; Date.now() < end && !go(); );
}
const wait = async (ms: number) => {
  for (let end = Date.now() + ms; Date.now() < end && !go(); ) await sleep(20)
}
const children = [
  () => spawn('sleep', ['600'], { stdio: 'inherit' }),
  () => spawn('sh', ['-c', 'trap "" TERM INT HUP; sleep 600; sleep 600'], { stdio: 'inherit' }),
  () => spawn('sleep', ['600'], { detached: true, stdio: 'ignore' }),
  () => spawn('sh', ['-c', 'setsid sh -c "sleep 600 & exec sleep 600" & exit'], { stdio: 'inherit' }),
]
export const step = stage('step', {
  input: z.object({ n: z.number(), ms: z.number().default(4) }),
  output: z.object({ n: z.number() }),
  run: ({ n, ms }) => {
    block(ms)
    return { n: n + 1 }
  },
})
export const work = stage('work', {
  input: z.object({ n: z.number(), how: z.string(), after: z.number() }),
  output: z.object({ n: z.number() }),
  run: async ({ n, how }, { signal, metric }) => {
    console.log('at work')
    if (!go()) {
      metric('n', n)
      if (how === 'heeds') await sleep(600_000, undefined, { signal })
      else if (how === 'deaf') await wait(600_000)
      else if (how === 'blocks') block(300 + 100 * n)
      else if (how === 'held') while (!disturbed());
      else if (how === 'kept') while (!disturbed()) await sleep(20)
      else if (how === 'stuck') block(600_000)
      else if (how === 'brief') await wait(150 + 50 * n)
      else if (how === 'slow') await wait(2500)
      else if (how === 'trips') throw new Error('not yet')
      else if (how === 'talks') for (; !signal.aborted && !go(); await sleep(10)) console.log('still')
      else if (how === 'floods') for (; !signal.aborted && !go(); await sleep(10)) console.log('x'.repeat(60_000))
      else if (how === 'fails') {
        if (n === 1) throw new Error('on purpose')
        await sleep(4000, undefined, { signal })
      } else if (how === 'starts' || how === 'leaves') {
        const child = children[process.env.MILLRACE_ATTEMPT_ID ? n % 4 : n % 3]!()
        child.on('spawn', () => console.log('all there'))
        await wait(how === 'starts' ? 600_000 : 300)
        child.unref()
      }
    }
    return { n: n * 2 }
  },
})
const start = () => step(step(step({ n: 0 }))).n
const how = z.object({ how: z.string().default('heeds') })
export const here = pipeline('here', {
  input: how,
  build: ({ how }) => ({ list: map([1, 2, 3, 4], (n) => work.with({ retries: 3 })({ n, how, after: start() }).n) }),
})
export const apart = pipeline('apart', {
  input: how,
  build: ({ how }) => {
    const after = start()
    return { list: map([1, 2, 3, 4], (n) => work.with({ isolate: 'process', retries: 3 })({ n, how, after }).n) }
  },
})
export const chain = pipeline('chain', {
  input: how,
  build: () => {
    let at = step({ n: 0, ms: 5 })
    for (let i = 0; i < 60; i++) at = step({ n: at.n, ms: 5 })
    return at
  },
})
`

export const files = {
  'program.ts': `${program}main(import.meta, here, apart, chain)\n`,
  /** The same from code: aborts after so many milliseconds. */
  'code.ts': `${program}
const [name, style, after] = process.argv.slice(2)
const controller = new AbortController()
let begun = () => {}
const working = new Promise<void>((resolve) => { begun = resolve })
working.then(() => setTimeout(() => controller.abort(), Number(after)))
const onEvent = (at: { event: string; message?: string }) => {
  if (at.event === 'log' && at.message === 'at work') begun()
}
try {
  const output = await run(name === 'here' ? here : apart, { how: style }, { signal: controller.signal, onEvent })
  console.log(JSON.stringify(output))
} catch (error) {
  console.log((error as { status: string }).status)
}
`,
  /** Starts the program as a child of its own: in its group with pipes, or in a session with files. */
  'parent.mjs': `
import { spawn } from 'node:child_process'
import { openSync } from 'node:fs'
const [how, ...words] = process.argv.slice(2)
const own = how === 'session'
const out = own ? openSync('out', 'w') : 'pipe'
const child = spawn(process.execPath, words, { detached: own, stdio: ['ignore', out, 'inherit'] })
child.stdout?.pipe(process.stdout)
child.on('exit', (code) => process.exit(code ?? 1))
`,
}

export const outputOf = (pipeline: string): string => (pipeline === 'chain' ? '{"n":61}\n' : '{"list":[2,4,6,8]}\n')
