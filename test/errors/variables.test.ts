import { describe, expect, test } from 'vitest'
import { program } from '../support/program.ts'
import { refused } from './told.ts'

const demo = (env: string, more = ''): string => `
import { inherit, main, pipeline, runStage, secret, stage } from 'millrace'
import { z } from 'zod'
const io = { input: z.object({}), output: z.object({}), run: () => ({}) }
export const reads = stage('reads', { ...io, env: ${env} })
export const demo = pipeline('demo', { input: z.object({}), build: () => reads() })
${more}
main(import.meta, demo)
`
const config = (env: string) => `import { defineConfig, onPrem, volume } from 'millrace/config'
export default defineConfig({ environments: { onprem: onPrem({ namespace: 'ml', store: volume({ size: '20Gi' }), env: ${env} }) } })
`
const names = [
  'MY-VAR',
  'my.var',
  '1ABC',
  'A B',
  'A=B',
  '',
  'ÄÖ',
  '__proto__',
  'A\\nB',
  'MILLRACE_JOB',
  'MILLRACE_',
  'JOB_COMPLETION_INDEX',
  'HOME',
  'TMPDIR',
]
const others = ['PATH', 'NODE_OPTIONS', 'NODE_CHANNEL_FD', 'CUDA_VISIBLE_DEVICES', 'NVIDIA_VISIBLE_DEVICES']
const fine = [
  'A',
  '_',
  'a1',
  'constructor',
  'NODE_ENV',
  'NODE_EXTRA_CA_CERTS',
  'LD_PRELOAD',
  'PYTHONHASHSEED',
  'KUBERNETES_X',
  'MILLRACE',
]
const values = [
  "A: 'a\\0b'",
  "B: 'a\\ud800'",
  'C: "x".repeat(131_070)',
  "D: inherit('a\\0b')",
  'E: inherit(5 as any)',
  'F: 5 as any',
  'G: null as any',
]
const secrets = [
  "A: secret('Hub_Token', 'token')",
  "B: secret('hub', 'my key')",
  "C: secret('', '')",
  "D: secret('hub', '..x')",
  "E: secret('hub', '.')",
  "F: secret('-hub', 'k')",
  "G: secret('h'.repeat(254), 'k')",
  "H: secret('hub', 'k'.repeat(254))",
  "I: secret(undefined as any, 'k')",
  "J: secret('hub.a-b', '.k_-A')",
]

describe('variables of a stage', () => {
  test('names that are taken, or no names; by every command', async () => {
    const one = program({
      'program.ts': demo(`{ ${[...names, ...others, ...fine].map((name) => `['${name}']: 'x'`).join(', ')} }`),
      'millrace.config.ts': config('{}'),
    })
    const told = await refused(one)
    expect(told).toMatchInlineSnapshot(`
      "error[bad-option]: stage "reads": env: "MY-VAR" is no name of a variable
        at program.ts:5:22
        fix: Use letters, digits and _, with no digit first.
      error[bad-option]: stage "reads": env: "my.var" is no name of a variable
        at program.ts:5:22
        fix: Use letters, digits and _, with no digit first.
      error[bad-option]: stage "reads": env: "1ABC" is no name of a variable
        at program.ts:5:22
        fix: Use letters, digits and _, with no digit first.
      error[bad-option]: stage "reads": env: "A B" is no name of a variable
        at program.ts:5:22
        fix: Use letters, digits and _, with no digit first.
      error[bad-option]: stage "reads": env: "A=B" is no name of a variable
        at program.ts:5:22
        fix: Use letters, digits and _, with no digit first.
      error[bad-option]: stage "reads": env: "" is no name of a variable
        at program.ts:5:22
        fix: Use letters, digits and _, with no digit first.
      error[bad-option]: stage "reads": env: "ÄÖ" is no name of a variable
        at program.ts:5:22
        fix: Use letters, digits and _, with no digit first.
      error[bad-option]: stage "reads": env: "__proto__" is no name of a variable
        at program.ts:5:22
        fix: Use letters, digits and _, with no digit first.
      error[bad-option]: stage "reads": env: "A\\nB" is no name of a variable
        at program.ts:5:22
        fix: Use letters, digits and _, with no digit first.
      error[bad-option]: stage "reads": env: "MILLRACE_JOB" is set by Millrace itself
        at program.ts:5:22
        fix: Leave it out, or give it another name.
      error[bad-option]: stage "reads": env: "MILLRACE_" is set by Millrace itself
        at program.ts:5:22
        fix: Leave it out, or give it another name.
      error[bad-option]: stage "reads": env: "JOB_COMPLETION_INDEX" is set by Millrace itself
        at program.ts:5:22
        fix: Leave it out, or give it another name.
      error[bad-option]: stage "reads": env: "HOME" is set by Millrace itself
        at program.ts:5:22
        fix: Leave it out, or give it another name.
      error[bad-option]: stage "reads": env: "TMPDIR" is set by Millrace itself
        at program.ts:5:22
        fix: Leave it out, or give it another name.
      error[bad-option]: stage "reads": env: "PATH" decides how the process of a stage is started, and would do nothing in this one
        at program.ts:5:22
        fix: Leave it out, or give it another name and use it inside run.
      error[bad-option]: stage "reads": env: "NODE_OPTIONS" decides how the process of a stage is started, and would do nothing in this one
        at program.ts:5:22
        fix: Leave it out, or give it another name and use it inside run.
      error[bad-option]: stage "reads": env: "NODE_CHANNEL_FD" decides how the process of a stage is started, and would do nothing in this one
        at program.ts:5:22
        fix: Leave it out, or give it another name and use it inside run.
      error[bad-option]: stage "reads": env: "CUDA_VISIBLE_DEVICES" follows from the accelerators that a stage asks for
        at program.ts:5:22
        fix: Ask for them in resources.
      error[bad-option]: stage "reads": env: "NVIDIA_VISIBLE_DEVICES" follows from the accelerators that a stage asks for
        at program.ts:5:22
        fix: Ask for them in resources.
      "
    `)
    for (const words of [['plan'], ['graph'], ['compile'], ['submit']]) expect(await refused(one, words)).toBe(told)
    const check = await one.run(['check'])
    expect([check.code, check.stderr.replace(/the program does not.*\n$/, '')]).toEqual([2, told])
  })

  test('values that no variable can hold, one by one and together', async () => {
    expect(await refused(demo(`{ ${values.join(', ')} }`))).toMatchInlineSnapshot(`
      "error[bad-option]: stage "reads": env.A holds a NUL character, which no variable can
        at program.ts:5:22
        fix: Leave it out.
      error[bad-option]: stage "reads": env.B is not well-formed Unicode
        at program.ts:5:22
        fix: Give whole characters.
      error[bad-option]: stage "reads": env.C has 129 KiB; a variable may have 128 KiB
        at program.ts:5:22
        fix: Put it in a file.
      error[bad-option]: stage "reads": env.D holds a NUL character, which no variable can
        at program.ts:5:22
        fix: Leave it out.
      error[bad-option]: stage "reads": env.E is not a string
        at program.ts:5:22
        fix: Give a string, inherit() or secret(name, key).
      error[bad-option]: stage "reads": env.F is not a string
        at program.ts:5:22
        fix: Give a string, inherit() or secret(name, key).
      error[bad-option]: stage "reads": env.G is not a string
        at program.ts:5:22
        fix: Give a string, inherit() or secret(name, key).
      "
    `)
    const most = ['A', 'B', 'C'].map((name) => `${name}: 'x'.repeat(100_000)`)
    expect(await refused(demo(`{ ${most.join(', ')} }`))).toMatchInlineSnapshot(`
      "error[bad-option]: stage "reads": env has 293 KiB; all of it may have 256 KiB
        at program.ts:5:22
        fix: Put some of it in a file.
      "
    `)
    const inherits = demo("{ A: inherit(), B: inherit(), C: inherit('none') }")
    const large = 'x'.repeat(100_000)
    expect(await refused(inherits, [], { env: { A: large, B: large, C: large } })).toMatchInlineSnapshot(`
      "error[bad-option]: stage "reads": with what it inherits, env has 293 KiB; all of it may have 256 KiB
        at program.ts:6:74
        fix: Put some of it in a file.
      "
    `)
    expect((await program(demo("{ A: 'x'.repeat(131_000), B: undefined }")).run()).code).toBe(0)
  })

  test('secrets that no cluster can have', async () => {
    expect(await refused(demo(`{ ${secrets.join(', ')} }`))).toMatchInlineSnapshot(`
      "error[bad-option]: stage "reads": env.A is the secret "Hub_Token", which no secret can be called
        at program.ts:5:22
        fix: Use lowercase letters, digits, hyphens and dots, at most 253, with a letter or digit at both ends.
      error[bad-option]: stage "reads": env.B is the key "my key" of the secret "hub", which no key can be called
        at program.ts:5:22
        fix: Use letters, digits, hyphens, dots and underscores, at most 253.
      error[bad-option]: stage "reads": env.C is the secret "", which no secret can be called
        at program.ts:5:22
        fix: Use lowercase letters, digits, hyphens and dots, at most 253, with a letter or digit at both ends.
      error[bad-option]: stage "reads": env.D is the key "..x" of the secret "hub", which no key can be called
        at program.ts:5:22
        fix: Use letters, digits, hyphens, dots and underscores, at most 253.
      error[bad-option]: stage "reads": env.E is the key "." of the secret "hub", which no key can be called
        at program.ts:5:22
        fix: Use letters, digits, hyphens, dots and underscores, at most 253.
      error[bad-option]: stage "reads": env.F is the secret "-hub", which no secret can be called
        at program.ts:5:22
        fix: Use lowercase letters, digits, hyphens and dots, at most 253, with a letter or digit at both ends.
      error[bad-option]: stage "reads": env.G is the secret "hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh", which no secret can be called
        at program.ts:5:22
        fix: Use lowercase letters, digits, hyphens and dots, at most 253, with a letter or digit at both ends.
      error[bad-option]: stage "reads": env.H is the key "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk" of the secret "hub", which no key can be called
        at program.ts:5:22
        fix: Use letters, digits, hyphens, dots and underscores, at most 253.
      error[bad-option]: stage "reads": env.I is the secret undefined, which no secret can be called
        at program.ts:5:22
        fix: Use lowercase letters, digits, hyphens and dots, at most 253, with a letter or digit at both ends.
      "
    `)
  })

  test('a variable is not found on what every object has', async () => {
    expect(await refused(demo('{ constructor: inherit(), toString: inherit() }'))).toMatchInlineSnapshot(`
      "error[missing-environment-value]: stage "reads" inherits the variable constructor, which is not set
        at program.ts:6:74
        fix: Set constructor, or give inherit() a default.
      error[missing-environment-value]: stage "reads" inherits the variable toString, which is not set
        at program.ts:6:74
        fix: Set toString, or give inherit() a default.
      "
    `)
    const one = program({
      'program.ts': demo('{ constructor: inherit(), valueOf: inherit() }'),
      'millrace.config.ts': config('{ valueOf: "x" }'),
    })
    expect(await refused(one, ['compile'])).toMatchInlineSnapshot(`
      "error[missing-environment-value]: stage "reads" inherits the variable constructor, which the environment has no value for
        at program.ts:6:74
        fix: Give constructor in the env of the environment, or give inherit() a default.
      "
    `)
  })
})

test('variables of an environment', async () => {
  const entries = [
    "'MY-VAR': 'x'",
    "HOME: 'x'",
    "PATH: 'x'",
    "A: 'a\\0b'",
    "B: 'a\\ud800'",
    'C: "x".repeat(131_070)',
    'D: 5 as any',
    'E: undefined as any',
    "F: '$(HOME) $$ \\u007f'",
  ]
  const one = program({ 'program.ts': demo('{}'), 'millrace.config.ts': config(`{ ${entries.join(', ')} }`) })
  expect(await refused(one, ['compile'])).toMatchInlineSnapshot(`
    "error[bad-environment]: environment "onprem": env: "MY-VAR" is no name of a variable
      at millrace.config.ts:2:55
      fix: Use letters, digits and _, with no digit first.
    error[bad-environment]: environment "onprem": env: "HOME" is set by Millrace itself
      at millrace.config.ts:2:55
      fix: Leave it out, or give it another name.
    error[bad-environment]: environment "onprem": env: "PATH" decides how the process of a stage is started, and would do nothing in this one
      at millrace.config.ts:2:55
      fix: Leave it out, or give it another name and use it inside run.
    error[bad-environment]: environment "onprem": env.A holds a NUL character, which no variable can
      at millrace.config.ts:2:55
      fix: Leave it out.
    error[bad-environment]: environment "onprem": env.B is not well-formed Unicode
      at millrace.config.ts:2:55
      fix: Give whole characters.
    error[bad-environment]: environment "onprem": env.C has 129 KiB; a variable may have 128 KiB
      at millrace.config.ts:2:55
      fix: Put it in a file.
    error[bad-environment]: environment "onprem": env.D is 5
      at millrace.config.ts:2:55
      fix: Give a text.
    "
  `)
})

test('runStage gives a stage all its variables, or says what it can not give', async () => {
  const stages = `
const other = stage('other', { ...io, env: { TOKEN: secret('hub', 'token'), HUB: inherit(), MODE: inherit('fast') } })
const seen = stage('seen', { input: z.object({}), output: z.object({ env: z.record(z.string(), z.string()) }), env: { A: 'a', HUB: inherit('none'), MODE: inherit('fast') }, run: (_, { env }) => ({ env: { ...env } }) })
await runStage(other).catch((error: Error) => console.error(error.message))
console.error(JSON.stringify(await runStage(seen)))
`
  const { stderr } = await program(demo('{}', stages)).run(['graph'], { env: { HUB: '$(x)' } })
  expect(stderr).toMatchInlineSnapshot(`
    "error[not-supported]: "other" is a stage with the secret TOKEN, which runStage can't run yet
      at <dir>/program.ts:8:15
      fix: Use inherit() for now.
    {"env":{"A":"a","HUB":"$(x)","MODE":"fast"}}
    "
  `)
  const unset = await program(demo('{}', stages)).run(['graph'], { env: { HUB: undefined } })
  expect(unset.stderr).toMatchInlineSnapshot(`
    "error[not-supported]: "other" is a stage with the secret TOKEN, which runStage can't run yet
      at <dir>/program.ts:8:15
      fix: Use inherit() for now.
    error[missing-environment-value]: stage "other" inherits the variable HUB, which is not set
      at <dir>/program.ts:8:15
      fix: Set HUB, or give inherit() a default.
    {"env":{"A":"a","HUB":"none","MODE":"fast"}}
    "
  `)
})
