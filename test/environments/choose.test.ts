import { join } from 'node:path'
import { type Diagnostic, formatDiagnostic } from '@millrace/ir'
import { expect, test } from 'vitest'
import { chooseEnvironment } from '../../packages/millrace/src/program/environments.ts'
import { program } from '../support/program.ts'

const cluster = (name: string) => `${name}: onPrem({ namespace: '${name}', store: volume({ size: '1Gi' }) }),`

/** The namespace of the environment that is chosen, or what is told. */
async function choose(environments: string | undefined, name?: string): Promise<string> {
  const config = `import { defineConfig, laptop, onPrem, volume } from 'millrace/config'
export default defineConfig({ environments: { ${environments} } })
`
  const { folder } = program({
    'program.ts': '',
    ...(environments === undefined ? {} : { 'millrace.config.ts': config }),
  })
  const problems: Diagnostic[] = []
  const chosen = await chooseEnvironment(join(folder, 'program.ts'), name, problems)
  expect(chosen === undefined).toBe(problems.length > 0)
  return chosen
    ? `${chosen.name} ${chosen.environment.namespace}`
    : problems.map((problem) => formatDiagnostic(problem)).join('\n')
}

test('the only cluster needs no name', async () => {
  expect(await choose(`laptop: laptop(), office: laptop(), ${cluster('onprem')}`)).toBe('onprem onprem')
  expect(await choose(cluster('onprem') + cluster('edge'), 'edge')).toBe('edge edge')
})

test('none, several, or another one', async () => {
  expect(await choose(undefined)).toMatchInlineSnapshot(`
    "error[unknown-environment]: the target needs the environment of a cluster, and there is none
      fix: Define one in millrace.config.ts, for example onprem: onPrem({ namespace: 'ml', store: volume({ size: '100Gi' }) })."
  `)
  expect(await choose(undefined, 'edge')).toMatchInlineSnapshot(`
    "error[unknown-environment]: there is no environment "edge"
      fix: Define it in millrace.config.ts."
  `)
  expect(await choose('laptop: laptop()')).toMatchInlineSnapshot(`
    "error[unknown-environment]: the target needs the environment of a cluster, and there is none
      fix: Define one in millrace.config.ts, for example onprem: onPrem({ namespace: 'ml', store: volume({ size: '100Gi' }) })."
  `)
  expect(await choose(cluster('onprem') + cluster('edge'))).toMatchInlineSnapshot(`
    "error[unknown-environment]: the target needs --environment, as there are several: onprem, edge
      fix: Give --environment one of: onprem, edge."
  `)
  expect(await choose(cluster('onprem') + cluster('edge'), 'egde')).toMatchInlineSnapshot(`
    "error[unknown-environment]: there is no environment "egde" (did you mean "edge"?)
      fix: Use one of: onprem, edge; or define it in millrace.config.ts."
  `)
  expect(await choose(cluster('onprem'), 'laptop')).toMatchInlineSnapshot(`
    "error[unknown-environment]: the environment "laptop" is this machine, and the target needs a cluster
      fix: Give --environment one of: onprem."
  `)
  expect(await choose(`office: laptop(), ${cluster('onprem')}`, 'office')).toMatchInlineSnapshot(`
    "error[unknown-environment]: the environment "office" is this machine, and the target needs a cluster
      fix: Give --environment one of: onprem."
  `)
  expect(await choose('', 'laptop')).toMatchInlineSnapshot(`
    "error[unknown-environment]: the environment "laptop" is this machine, and the target needs a cluster
      fix: Define one in millrace.config.ts, for example onprem: onPrem({ namespace: 'ml', store: volume({ size: '100Gi' }) })."
  `)
})
