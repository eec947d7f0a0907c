import { setTimeout as sleep } from 'node:timers/promises'
import { inherit, stage } from 'millrace'
import { z } from 'zod'

export const nap = stage('nap', {
  input: z.object({ n: z.int(), ms: z.int() }),
  output: z.object({ n: z.int() }),
  run: async ({ n, ms }, { signal }) => {
    await sleep(ms, undefined, { signal })
    return { n }
  },
})

/** All that a context says. */
export const introspect = stage('introspect', {
  input: z.object({ of: z.unknown() }),
  output: z.object({ seen: z.unknown() }),
  env: { MODE: 'fast', HOME_OF_IT: inherit('nowhere'), CONFORMANCE_SET: inherit() },
  run: (_, { seed, resources, worker, env, attempt, signal }) => ({
    seen: { seed, resources, worker, env, attempt, aborted: signal.aborted },
  }),
})

export const talk = stage('talk', {
  input: z.object({ name: z.string() }),
  output: z.object({ name: z.string() }),
  run: ({ name }, context) => {
    context.log(`hello ${name}`, { deep: [1, null, { a: 'b' }] })
    context.log('nothing more')
    process.stdout.write(`printed ${name}\n`)
    process.stderr.write('to the other\n')
    process.stdout.write('two\nlines, the last without an end')
    context.metric('loss', 0.5, 1)
    context.metric('loss', 0.25, 2)
    context.metric('size', -1e-9)
    return { name }
  },
})
