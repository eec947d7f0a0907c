import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { refused } from '../errors/told.ts'
import { program } from '../support/program.ts'

const text = `
import { main, pipeline, stage } from 'millrace'
import { z } from 'zod'
export const one = stage('one', { input: z.object({}), output: z.object({ n: z.int() }), run: () => ({ n: 1 }) })
export const demo = pipeline('demo', { input: z.object({}), build: () => one() })
main(import.meta, demo)
`

const config = (environments: string): string =>
  `import { bucket, defineConfig, gke, k3s, laptop, volume } from 'millrace/config'
export default defineConfig({
  environments: {
    ${environments}
  },
})
`

test('what is wrong with an environment is told with its place', async () => {
  const cloud = `cloud: gke({ namespace: 'Vision', store: bucket('team'), queu: 'a' } as never),
    edge: k3s({ namespace: 'shop', store: volume({ size: '1Gi' }), nodes: [{ count: 2 }] }),`
  const one = program({ 'program.ts': text, 'millrace.config.ts': config(cloud) })
  expect(await refused(one, ['--environment', 'edge'])).toMatchInlineSnapshot(`
    "error[bad-environment]: environment "cloud": namespace is "Vision"
      at millrace.config.ts:4:12
      fix: Give lowercase letters, digits and hyphens, at most 63, a letter or digit at both ends.
    error[bad-environment]: environment "cloud": store.url is "team"
      at millrace.config.ts:4:12
      fix: Give a URL of a bucket and a folder in it (s3, gs, az), for example "s3://team/millrace".
    error[bad-environment]: environment "cloud": there is no field "queu" (did you mean "queue"?)
      at millrace.config.ts:4:12
      fix: Use one of: namespace, store, nodes, queue, arch, env, image, parameters, labels, accelerators, gpuVendor, spot, storageClasses.
    error[bad-environment]: environment "edge": store.accessMode is "ReadWriteOnce", a volume for one node, and nodes has 2
      at millrace.config.ts:5:11
      fix: Use a storage class that can ReadWriteMany, and say accessMode: "ReadWriteMany".
    "
  `)
  // no environment is read where none is asked for
  expect((await one.run()).code).toBe(0)
  writeFileSync(
    join(one.folder, 'millrace.config.ts'),
    config("cloud: gke({ namespace: 'a', store: bucket('s3://team') }),"),
  )
  expect((await one.run(['--environment', 'cloud'])).code).toBe(0)
})
