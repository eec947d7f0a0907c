import { formatDiagnostic } from '@millrace/ir'
import { describe, expect, test } from 'vitest'
import {
  aks,
  bucket,
  type ClusterOptions,
  checkConfig,
  eks,
  gke,
  k3s,
  laptop,
  onPrem,
  volume,
} from '../../src/index.ts'

const told = (environments: Record<string, unknown>): string =>
  checkConfig({ environments }, '/config.ts')
    .map((diagnostic) => formatDiagnostic({ ...diagnostic, at: { pipeline: null, node: null } }))
    .join('\n')

const store = volume({ size: '20Gi' })
const base: ClusterOptions = { namespace: 'vision', store }
/** As if written without types. */
const with_ = (options: object): string => told({ cloud: gke({ ...base, ...options } as ClusterOptions) })

test('what the presets make', () => {
  expect(gke({ ...base, queue: undefined } as unknown as ClusterOptions)).toEqual({
    preset: 'gke',
    namespace: 'vision',
    image: 'node:24-slim',
    store: { kind: 'volume', size: '20Gi', accessMode: 'ReadWriteOnce' },
  })
  expect([onPrem, eks, aks, k3s].map((make) => make(base).preset)).toEqual(['on-prem', 'eks', 'aks', 'k3s'])
  expect(laptop()).toEqual({ preset: 'laptop' })
  expect(bucket('s3://team/millrace')).toEqual({ kind: 'bucket', url: 's3://team/millrace' })
})

test('a volume gets the class that its access mode, or an accelerator, needs', () => {
  const shared = volume({ size: '1Ti', accessMode: 'ReadWriteMany' })
  const classOf = (options: Partial<ClusterOptions>, make = gke) => make({ ...base, ...options }).store
  expect(classOf({ store: shared })).toMatchObject({ storageClass: 'standard-rwx' })
  expect(classOf({ store: shared }, eks)).toEqual(shared)
  expect(classOf({ store: { ...shared, storageClass: 'mine' } })).toMatchObject({ storageClass: 'mine' })
  expect(classOf({ store: { ...shared, claim: 'there' } })).toEqual({ ...shared, claim: 'there' })
  const storageClasses = { ReadWriteMany: 'nfs', h200: 'hyperdisk' }
  expect(classOf({ store: shared, storageClasses })).toMatchObject({ storageClass: 'nfs' })
  const nodes = [{ count: 1, gpu: { type: 'h200', count: 8 } }]
  expect(classOf({ nodes, storageClasses })).toMatchObject({ storageClass: 'hyperdisk' })
})

test('what is right is not refused', () => {
  const shared = volume({ size: '500Gi', accessMode: 'ReadWriteMany' })
  const environments = {
    laptop: laptop(),
    onprem: onPrem({
      ...base,
      store: shared,
      nodes: [{ count: 4, cpu: 64, memory: '512Gi', gpu: { type: 'a100-80gb', count: 8, vendor: 'nvidia' } }],
    }),
    cloud: gke({
      ...base,
      store: bucket('s3://team/millrace'),
      queue: 'vision',
      nodes: [
        { count: 16, cpu: 208, memory: '1800Gi', gpu: { type: 'h100-80gb', count: 8 }, spot: true },
        { count: 4, tpu: { type: 'v5e', topology: '4x4' } },
        { count: 1, tpu: { type: 'v5p', topology: '4x8x12' } },
      ],
      parameters: { digits: { epochs: 200 } },
      env: { HUB_URL: 'https://hub.example' },
      labels: { 'team.example/name': 'vision' },
    }),
    edge: k3s({ ...base, arch: 'arm64', nodes: [{ count: 1, cpu: 4, memory: '8Gi' }] }),
    amazon: eks({
      ...base,
      accelerators: { l4: { labels: { a: ['b', 'c'] } }, chip: { resource: 'example.com/chip' } },
      nodes: [{ count: 1, gpu: { type: 'chip', count: 1 }, taints: [{ key: 'team', effect: 'NoExecute' }] }],
      spot: { labels: { pool: 'spot' }, taints: [] },
    }),
  }
  expect(told(environments)).toBe('')
  expect(checkConfig(undefined, '/config.ts')).toEqual([])
})

test('the place of the environment and its field are told', () => {
  const [problem] = checkConfig({ environments: { cloud: gke({ ...base, namespace: 'Vision' }) } }, '/config.ts')
  expect(problem?.at).toMatchObject({ file: import.meta.filename, path: 'cloud.namespace' })
  expect(problem?.at.line).toBeGreaterThan(1)
  const [plain] = checkConfig({ environments: { cloud: {} } }, '/config.ts')
  expect(plain?.at).toEqual({ pipeline: null, node: null, file: '/config.ts', path: 'cloud' })
})

describe('what is wrong', () => {
  test('names', () => {
    expect(told({ Cloud: laptop(), laptop: gke(base) })).toMatchInlineSnapshot(`
      "error[bad-environment]: environment "Cloud": its name is not one
        fix: Use lowercase letters, digits and hyphens, at most 40, beginning with a letter.
      error[bad-environment]: environment "laptop": the name is that of a local run
        fix: Give the cluster another name."
    `)
  })

  test('no environment', () => {
    expect(told({ a: {}, b: 'gke', c: { preset: 'gcp' }, d: null })).toMatchInlineSnapshot(`
      "error[bad-environment]: environment "a": it is {}
        fix: Make it with laptop, onPrem, gke, eks, aks or k3s.
      error[bad-environment]: environment "b": it is "gke"
        fix: Make it with laptop, onPrem, gke, eks, aks or k3s.
      error[bad-environment]: environment "c": it is {"preset":"gcp"}
        fix: Make it with laptop, onPrem, gke, eks, aks or k3s.
      error[bad-environment]: environment "d": it is null
        fix: Make it with laptop, onPrem, gke, eks, aks or k3s."
    `)
    expect(told({ a: gke(undefined as unknown as ClusterOptions) })).toMatchInlineSnapshot(`
      "error[bad-environment]: environment "a": namespace is missing
        fix: Give it, for example gke({ namespace: 'vision', store: volume({ size: '500Gi' }) }).
      error[bad-environment]: environment "a": store is missing
        fix: Give it, for example gke({ namespace: 'vision', store: volume({ size: '500Gi' }) })."
    `)
  })

  test('unknown fields', () => {
    expect(with_({ namspace: 'x', nodes: [{ count: 1, memroy: '1Gi' }] })).toMatchInlineSnapshot(`
      "error[bad-environment]: environment "cloud": there is no field "namspace" (did you mean "namespace"?)
        fix: Use one of: namespace, store, nodes, queue, arch, env, image, parameters, labels, accelerators, gpuVendor, spot, storageClasses.
      error[bad-environment]: environment "cloud": there is no field "memroy" in nodes[0] (did you mean "memory"?)
        fix: Use one of: count, machine, cpu, memory, disk, gpu, tpu, spot, labels, taints."
    `)
  })

  test.each(['Vision', 'a.b', '-a', 'a'.repeat(64), '', 5])('the namespace %s', (namespace) => {
    expect(with_({ namespace })).toBe(
      `error[bad-environment]: environment "cloud": namespace is ${JSON.stringify(namespace)}\n` +
        '  fix: Give lowercase letters, digits and hyphens, at most 63, a letter or digit at both ends.',
    )
  })

  test.each(['a..b/x', '-a/x', '/x', 'a/', 'a/b/c', `${'a'.repeat(254)}/x`])('the label %s', (key) => {
    expect(with_({ labels: { [key]: 'y' } })).toBe(
      `error[bad-environment]: environment "cloud": labels has the name "${key}"\n` +
        '  fix: Give a label key: letters, digits, hyphens, dots and underscores, at most 63, after an optional prefix/. app.kubernetes.io/, millrace.dev/, batch.kubernetes.io/ and kueue.x-k8s.io/ are taken.',
    )
  })

  test.each(['@@:!!', 'Node', 'node:', 'node@sha256:12', 'a//b', ' node', ''])('the image %s', (image) => {
    expect(with_({ image })).toBe(
      `error[bad-environment]: environment "cloud": image is ${JSON.stringify(image)}\n` +
        '  fix: Give the name of an image with Node, for example "node:24-slim".',
    )
  })

  test.each([
    'node',
    'localhost:5000/a/b_c--d:1.2_3',
    `ghcr.io/Org/node@sha256:${'0'.repeat(64)}`.toLowerCase(),
    'Registry.example:443/x',
  ])('the image %s is one', (image) => {
    expect(with_({ image })).toBe('')
  })

  test('stores', () => {
    const stores = [
      '500Gi',
      {},
      { kind: 'volume' },
      volume({ size: '5GB' as '5Gi', accessMode: 'ReadWriteOncePod' as 'ReadWriteOnce' }),
    ]
    expect(stores.map((store) => with_({ store })).join('\n')).toMatchInlineSnapshot(`
      "error[bad-environment]: environment "cloud": store is "500Gi"
        fix: Give volume({ size: '500Gi' }) or bucket('s3://team/millrace').
      error[bad-environment]: environment "cloud": store is {}
        fix: Give volume({ size: '500Gi' }) or bucket('s3://team/millrace').
      error[bad-environment]: environment "cloud": store.size is missing
        fix: Give it, for example volume({ size: '500Gi' }).
      error[bad-environment]: environment "cloud": store.accessMode is missing
        fix: Give it, for example volume({ size: '500Gi' }).
      error[bad-environment]: environment "cloud": store.accessMode is "ReadWriteOncePod"
        fix: Give one of: ReadWriteOnce, ReadWriteMany.
      error[bad-environment]: environment "cloud": store.size is "5GB"
        fix: Give a number above 0 and a unit (Ki, Mi, Gi, Ti), for example "512Gi"."
    `)
    expect(with_({ store: volume({ size: '1Gi', claim: 'My_Claim', storageClass: 'fast' }) })).toMatchInlineSnapshot(`
      "error[bad-environment]: environment "cloud": store.claim is "My_Claim"
        fix: Give the name of a PersistentVolumeClaim: lowercase letters, digits, hyphens and dots, at most 253 characters."
    `)
    expect(with_({ store: volume({ size: '1Gi', claim: 'mine', storageClass: 'fast' }) })).toMatchInlineSnapshot(`
      "error[bad-environment]: environment "cloud": store.storageClass has no effect on a claim that exists
        fix: Leave storageClass or claim out."
    `)
    expect(
      ['team/millrace', 'https://x', 's3://', 's3://a?b'].map((url) => with_({ store: bucket(url) })).join('\n'),
    ).toMatchInlineSnapshot(`
      "error[bad-environment]: environment "cloud": store.url is "team/millrace"
        fix: Give a URL of a bucket and a folder in it (s3, gs, az), for example "s3://team/millrace".
      error[bad-environment]: environment "cloud": store.url is "https://x"
        fix: Give a URL of a bucket and a folder in it (s3, gs, az), for example "s3://team/millrace".
      error[bad-environment]: environment "cloud": store.url is "s3://"
        fix: Give a URL of a bucket and a folder in it (s3, gs, az), for example "s3://team/millrace".
      error[bad-environment]: environment "cloud": store.url is "s3://a?b"
        fix: Give a URL of a bucket and a folder in it (s3, gs, az), for example "s3://team/millrace"."
    `)
  })

  test('a volume of one node for several', () => {
    const fix = '  fix: Use a storage class that can ReadWriteMany, and say accessMode: "ReadWriteMany".'
    expect(with_({ nodes: [{ count: 1 }, { count: 2 }] })).toBe(
      `error[bad-environment]: environment "cloud": store.accessMode is "ReadWriteOnce", a volume for one node, and nodes has 3\n${fix}`,
    )
    expect(with_({ nodes: [{ count: 1, tpu: { type: 'v5e', topology: '4x4' } }] })).toBe(
      `error[bad-environment]: environment "cloud": store.accessMode is "ReadWriteOnce", a volume for one node, and nodes has 4\n${fix}`,
    )
    expect(with_({ nodes: [{ count: 1, tpu: { type: 'v5e', topology: '2x2' } }] })).toBe('')
  })

  test('nodes', () => {
    expect(with_({ nodes: [] })).toMatchInlineSnapshot(`
      "error[bad-environment]: environment "cloud": nodes is []
        fix: Give a list of at least one, for example [{ count: 4, cpu: 64, memory: '512Gi' }], or leave it out."
    `)
    expect(
      with_({
        nodes: [
          { count: 0, cpu: '4', memory: '8GB', disk: 5, spot: 1, labels: { a: ' ' }, taints: [{ key: 'a' }] },
          {},
        ],
      }),
    ).toMatchInlineSnapshot(`
      "error[bad-environment]: environment "cloud": nodes[0].count is 0
        fix: Give a whole number from 1.
      error[bad-environment]: environment "cloud": nodes[0].cpu is "4"
        fix: Give a number above 0.
      error[bad-environment]: environment "cloud": nodes[0].memory is "8GB"
        fix: Give a number above 0 and a unit (Ki, Mi, Gi, Ti), for example "512Gi".
      error[bad-environment]: environment "cloud": nodes[0].disk is 5
        fix: Give a number above 0 and a unit (Ki, Mi, Gi, Ti), for example "512Gi".
      error[bad-environment]: environment "cloud": nodes[0].spot is 1
        fix: Give true or false.
      error[bad-environment]: environment "cloud": nodes[0].labels.a is " "
        fix: Give a text of at most 63 letters, digits, hyphens, dots and underscores.
      error[bad-environment]: environment "cloud": nodes[0].taints[0].effect is missing
        fix: Give it, for example { key: 'team', value: 'vision', effect: 'NoSchedule' }.
      error[bad-environment]: environment "cloud": nodes[1].count is missing
        fix: Give it, for example { count: 4, cpu: 64, memory: '512Gi' }."
    `)
    expect(with_({ nodes: [{ count: 1, gpu: 8, tpu: { type: 'v5e' } }] })).toMatchInlineSnapshot(`
      "error[bad-environment]: environment "cloud": nodes[0].gpu is 8
        fix: Give an object, for example { type: 'a100-80gb', count: 8 }.
      error[bad-environment]: environment "cloud": nodes[0].tpu.topology is missing
        fix: Give it, for example { type: 'v5e', topology: '4x4' }."
    `)
    const odd = { count: 1, gpu: { type: 'h100', count: 8 }, tpu: { type: 'v5e', topology: '2x3' } }
    expect(
      with_({ nodes: [odd, { count: 1, gpu: { type: 'l4', count: 1, vendor: 'amd' } }], store: bucket('gs://a-b') }),
    ).toMatchInlineSnapshot(`
      "error[bad-environment]: environment "cloud": nodes[0] has a gpu and a tpu
        fix: Make two entries of it.
      error[bad-environment]: environment "cloud": nodes[0].gpu.type is "h100" (did you mean "h100-80gb"?), which the preset "gke" doesn't know
        fix: Use one of: t4, l4, a100-40gb, a100-80gb, h100-80gb, h100-mega-80gb, h200, b200, gb200; or describe it in accelerators.
      error[bad-environment]: environment "cloud": nodes[0].tpu.topology is "2x3" (did you mean "2x2"?), which "v5e" has not
        fix: Use one of: 1x1, 2x2, 2x4, 4x4, 4x8, 8x8, 8x16, 16x16.
      error[bad-environment]: environment "cloud": nodes[1].gpu.vendor is "amd", and that of "l4" is "nvidia"
        fix: Leave the vendor out."
    `)
  })

  test('the rest', () => {
    expect(
      with_({
        queue: 'My Queue',
        arch: 'x64',
        env: { A: 1, 'B=C': 'd' },
        image: '',
        parameters: { Digits: {}, digits: { epochs: 1n } },
        labels: { 'app.kubernetes.io/name': 'x', team: 'a b' },
        accelerators: { mine: {}, l4: { resource: 'gpu', arch: 'arm' } },
        gpuVendor: 'nvida',
        spot: {},
        storageClasses: { ReadWriteMany: 'NFS' },
      }),
    ).toMatchInlineSnapshot(`
      "error[bad-environment]: environment "cloud": image is ""
        fix: Give the name of an image with Node, for example "node:24-slim".
      error[bad-environment]: environment "cloud": queue is "My Queue"
        fix: Give the name of a LocalQueue: lowercase letters, digits, hyphens and dots, at most 63.
      error[bad-environment]: environment "cloud": arch is "x64"
        fix: Give one of: amd64, arm64.
      error[bad-environment]: environment "cloud": env.A is 1
        fix: Give a text.
      error[bad-environment]: environment "cloud": env: "B=C" is no name of a variable
        fix: Use letters, digits and _, with no digit first.
      error[bad-environment]: environment "cloud": parameters has the name "Digits"
        fix: Give the name of a pipeline.
      error[bad-environment]: environment "cloud": parameters.digits.epochs is 1
        fix: Give values that JSON can carry.
      error[bad-environment]: environment "cloud": labels has the name "app.kubernetes.io/name"
        fix: Give a label key: letters, digits, hyphens, dots and underscores, at most 63, after an optional prefix/. app.kubernetes.io/, millrace.dev/, batch.kubernetes.io/ and kueue.x-k8s.io/ are taken.
      error[bad-environment]: environment "cloud": labels.team is "a b"
        fix: Give a text of at most 63 letters, digits, hyphens, dots and underscores.
      error[bad-environment]: environment "cloud": accelerators.l4.resource is "gpu"
        fix: Give the name that the nodes have, for example "nvidia.com/gpu".
      error[bad-environment]: environment "cloud": accelerators.l4.arch is "arm"
        fix: Give one of: amd64, arm64.
      error[bad-environment]: environment "cloud": gpuVendor is "nvida"
        fix: Give one of: nvidia, amd, intel, habana, aws.
      error[bad-environment]: environment "cloud": spot.labels is missing
        fix: Give it, for example { labels: { pool: 'spot' }, taints: [] }.
      error[bad-environment]: environment "cloud": spot.taints is missing
        fix: Give it, for example { labels: { pool: 'spot' }, taints: [] }.
      error[bad-environment]: environment "cloud": storageClasses.ReadWriteMany is "NFS"
        fix: Give the name of a StorageClass: lowercase letters, digits, hyphens and dots, at most 253 characters."
    `)
    expect(with_({ accelerators: { mine: {}, 'a100-8gb': {} } })).toMatchInlineSnapshot(`
      "error[bad-environment]: environment "cloud": the preset "gke" doesn't know the accelerator "mine", and it has no resource
        fix: Give its resource, for example "nvidia.com/gpu".
      error[bad-environment]: environment "cloud": the preset "gke" doesn't know the accelerator "a100-8gb" (did you mean "a100-80gb"?), and it has no resource
        fix: Give its resource, for example "nvidia.com/gpu"."
    `)
  })
})
