import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { program } from '../support/program.ts'

// none stands here as a whole: whoever looks for secrets in this repository finds none
const letters = 'AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGhIjKlMnOpQrStUvWxYz'
const some = (length: number): string => letters.repeat(3).slice(0, length)
const tokens = {
  rsa: `-----BEGIN RSA ${'PRIVATE'} KEY-----\n${some(64)}\n`,
  pgp: `-----BEGIN PGP ${'PRIVATE'} KEY BLOCK-----`,
  aws: `AKIA${some(16).toUpperCase()}`,
  github: `ghp_${some(36)}`,
  github2: `github_pat_${some(22)}_${some(59)}`,
  gitlab: `glpat-${some(20)}`,
  slack: `xoxb-${'1'.repeat(12)}-${'2'.repeat(12)}-${some(24)}`,
  face: `hf_${some(34)}`,
  openai: `sk-proj-${some(30)}T3BlbkFJ${some(30)}`,
  anthropic: `sk-ant-api03-${some(90)}`,
  jwt: `eyJ${some(20)}.eyJ${some(30)}.${some(43)}`,
  url: `https://bot:glpat-${some(20)}@git.example/team/data.git`,
}
const harmless = {
  certificate: `-----BEGIN CERTIFICATE-----\n${some(64)}`,
  publicKey: `-----BEGIN PUBLIC KEY-----\n${some(64)}`,
  digest: `sha256:${'0123456789abcdef'.repeat(4)}`,
  uuid: '6f1b2c1e-0000-4000-8000-00805f9b34fb',
  base64: Buffer.from(letters.repeat(4)).toString('base64'),
  word: 'sk-learn-has-many-classifiers-and-regressors-to-choose-from',
  name: 'AKIA is how such keys begin; ghp_ and hf_ are others',
  path: 's3://team/hf_models/glpat-notes/eyJ.parquet',
}
const config = (env = '{}') => `import { defineConfig, onPrem, volume } from 'millrace/config'
const store = volume({ size: '20Gi' })
export default defineConfig({ environments: { onprem: onPrem({ namespace: 'ml', store, env: ${env} }) } })
`
const text = (
  build: string,
  given: object,
  env = '{}',
) => `import { inherit, main, map, pipeline, secret, stage } from 'millrace'
import { z } from 'zod'
const given = ${JSON.stringify(given)}
const text = z.record(z.string(), z.string()).default({})
export const take = stage('take', { input: z.object({ text }), output: z.object({}), env: ${env}, run: () => ({}) })
main(import.meta, pipeline('demo', {
  input: z.object({ hub: z.object({ token: z.string().default('none') }).default({ token: 'none' }) }),
  build: ({ hub }) => { ${build} },
}))
`
const warnings = (stderr: string): string[] =>
  stderr.split('\n').flatMap((line) => /^warning\[secret-in-clear\]: (.*)$/.exec(line)?.[1] ?? [])

test('each kind of key or token is told by its kind, and what only resembles one is not', async () => {
  const one = program({
    'program.ts': text('take({ text: given })', { ...tokens, ...harmless }),
    'millrace.config.ts': config(),
  })
  const { code, stderr } = await one.run(['compile'])
  expect(code).toBe(0)
  const kinds = {
    rsa: 'a private key',
    pgp: 'a private key',
    aws: 'an access key of AWS',
    github: 'a token of GitHub',
    github2: 'a token of GitHub',
    gitlab: 'a token of GitLab',
    slack: 'a token of Slack',
    face: 'a token of Hugging Face',
    openai: 'an API key of OpenAI',
    anthropic: 'an API key of Anthropic',
    jwt: 'a JSON Web Token',
    url: 'a token of GitLab',
  }
  expect(warnings(stderr)).toEqual(
    Object.entries(kinds).map(
      ([name, kind]) =>
        `what "take" is given for "text.${name}" looks like ${kind}, and stands in the manifests in clear text`,
    ),
  )
  for (const token of Object.values(tokens)) expect(stderr).not.toContain(token.slice(8, 40))
})

test('parameters, variables and items of a list are told with their place; a secret by name is fine', async () => {
  const env = "{ MODE: 'fast', HUB: secret('hub', 'token'), TOKEN: inherit() }"
  const build = 'take({}); map([{ text: {} }, given], (item) => take({ text: item.text })); return hub'
  const one = program({
    'program.ts': text(build, { text: { key: tokens.rsa } }, env),
    'millrace.config.ts': config(`{ TOKEN: '${tokens.gitlab}' }`),
  })
  writeFileSync(join(one.folder, 'given.json'), JSON.stringify({ hub: { token: tokens.github } }))
  const ran = await one.run(['compile', '--params', 'given.json'])
  const fix = `Keep it in a Secret of the cluster, and give it to the stage that needs it by env: { NAME: secret('name', 'key') }.`
  expect([ran.code, ran.stdout, ran.stderr]).toEqual([
    0,
    'deploy/demo/onprem\n',
    `warning[secret-in-clear]: the parameter "hub.token" of pipeline "demo" looks like a token of GitHub, and stands in the manifests in clear text
  at program.ts:6:19
  fix: ${fix}
warning[secret-in-clear]: the variable TOKEN of stage "take" looks like a token of GitLab, and stands in the manifests in clear text
  at program.ts:8:25
  fix: ${fix}
warning[secret-in-clear]: what "map" is given for "[1].text.key" looks like a private key, and stands in the manifests in clear text
  at program.ts:8:35
  fix: ${fix}
15 files: 15 new, 0 changed, 0 removed; apply them with kubectl apply --server-side -k deploy/demo/onprem
`,
  ])
  // it is no idle warning
  const jobs = join(one.folder, 'deploy/demo/onprem/jobs')
  const [job = ''] = readdirSync(jobs).filter((name) => name.endsWith('.job.yaml'))
  expect(readFileSync(join(jobs, job), 'utf8')).toContain(tokens.gitlab)
})

test('long texts that only begin like keys, again and again, are looked at once', async () => {
  const beginnings = [
    'sk-',
    'eyJ-',
    'eyJaaaaaaaaaa.',
    'xoxb-',
    'xapp-1-AAAAAAAA-1-',
    '-----BEGIN A ',
    'AKIA',
    'at /',
    'sk-aT3BlbkF',
  ]
  const long = Object.fromEntries(beginnings.map((text, i) => [`t${i}`, text.repeat(Math.ceil(250_000 / text.length))]))
  const one = program({ 'program.ts': text('return hub', {}), 'millrace.config.ts': config() })
  const input = `z.object({ long: z.record(z.string(), z.string()) })`
  writeFileSync(
    join(one.folder, 'program.ts'),
    `import { main, pipeline } from 'millrace'\nimport { z } from 'zod'\nmain(import.meta, pipeline('demo', { input: ${input}, build: ({ long }) => ({ long }) }))\n`,
  )
  writeFileSync(join(one.folder, 'long.json'), JSON.stringify({ long }))
  const { code, stderr } = await one.run(['compile', '--params', 'long.json'])
  expect([code, warnings(stderr)]).toEqual([0, []])
})
