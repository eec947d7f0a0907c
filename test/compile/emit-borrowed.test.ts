import { expect, test } from 'vitest'
import { program } from '../support/program.ts'
import { emitFrom, runEmitted } from './emitting.ts'

test('of a stage whose schema another one uses the function is not shipped', async () => {
  const { folder } = program({
    'profile.ts': `import { pipeline, stage } from 'millrace'
import { z } from 'zod'
import { heavy } from 'heavy'
import { fit } from './fit.ts'
export const profile = stage('profile', {
  input: z.object({ rows: z.number() }),
  output: z.object({ mean: z.number().default(4) }),
  async run({ rows }) { return { mean: heavy(fit(rows)) } },
})
export const whole = pipeline('whole', { input: z.object({ p: z.number().default(5) }), build: ({ p }) => ({ mean: profile({ rows: p }).mean }) })
`,
    'fit.ts': "export const fit = (rows: number) => rows + 'the text of fit'.length\n",
    'passing.ts': "export * from './profile.ts'\n",
    'program.ts': `import { stage } from 'millrace'
import { z } from 'zod'
import * as all from './passing.ts'
const { output } = all.profile
export const train = stage('train', {
  input: output,
  output: z.object({ it: z.any() }),
  run: (it) => ({ it: [it, all.profile.output.shape.mean.parse(undefined), all.whole.input.parse({}), all.profile.name] }),
})
export const runs = stage('runs', {
  input: z.object({}),
  output: z.object({ it: z.any() }),
  run: async (_, context) => ({ it: [await all.profile.run({ rows: 1 }, context), Object.keys(all).sort()] }),
})
`,
    'node_modules/heavy/package.json': '{ "name": "heavy", "version": "1.0.0", "type": "module", "exports": "./i.js" }',
    'node_modules/heavy/i.js': "export const heavy = (it) => it + 'the text of heavy'.length\n",
  })
  const both = await emitFrom(folder, ['train', 'runs'])
  expect(both.told).toBe('')
  const code = both.stages.get('train')?.code ?? ''
  for (const word of ['text of fit', 'text of heavy']) expect([word, code.includes(word)]).toEqual([word, false])
  expect(await runEmitted(both)).toMatchObject({ output: { it: [{ mean: 4 }, 4, { p: 5 }, 'profile'] } })
  // where it is used, it is there, beside nothing that its module doesn't export
  expect(await runEmitted(both, {}, 'runs')).toMatchObject({ output: { it: [{ mean: 33 }, ['profile', 'whole']] } })
})
