import { isObject, namePattern, subdomainPattern, toJson, wrongVariableName, wrongVariableValue } from '@millrace/ir'
import { vendorResources } from '../accelerators/accelerator.ts'
import { labelKeyPattern } from '../qualified-name.ts'
import {
  type Check,
  field,
  hidden,
  list,
  object,
  oneOf,
  quantity,
  record,
  show,
  text,
  whole,
  yesOrNo,
} from './field-checks.ts'

const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const named = (what: string): Check =>
  text(
    subdomainPattern,
    253,
    `Give the name of ${what}: lowercase letters, digits, hyphens and dots, at most 253 characters.`,
  )

const keyFix =
  'Give a label key: letters, digits, hyphens, dots and underscores, at most 63, after an optional prefix/.'
const labelName = { ok: (name: string) => labelKeyPattern.test(name), fix: keyFix }
const labelValue = text(
  /^([A-Za-z0-9]([-_.A-Za-z0-9]*[A-Za-z0-9])?)?$/,
  63,
  'Give a text of at most 63 letters, digits, hyphens, dots and underscores.',
)
const labels = (example: string): Check => record(example, labelValue, labelName)

/** Labels that we set, and that the cluster sets on Jobs. */
const ours = /^(app\.kubernetes\.io|millrace\.dev|batch\.kubernetes\.io|kueue\.x-k8s\.io)\/|^job-name$/
const ownLabels = record("{ team: 'vision' }", labelValue, {
  ok: (name) => labelKeyPattern.test(name) && !ours.test(name),
  fix: `${keyFix} app.kubernetes.io/, millrace.dev/, batch.kubernetes.io/ and kueue.x-k8s.io/ are taken.`,
})

/** An image reference: host and port, path, tag, digest (the grammar of the distribution specification). */
const imageName =
  /^([a-zA-Z0-9]([-a-zA-Z0-9.]*[a-zA-Z0-9])?(:\d+)?\/)?[a-z0-9]+([._-]+[a-z0-9]+)*(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*(:\w[\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$/

const filled = text(/\S/, 253, 'Give a text.')
const taint = object(
  "{ key: 'team', value: 'vision', effect: 'NoSchedule' }",
  {
    key: text(labelKeyPattern, 317, keyFix),
    value: labelValue,
    effect: oneOf('NoSchedule', 'PreferNoSchedule', 'NoExecute'),
  },
  ['key', 'effect'],
)
const taints = list("[{ key: 'team', value: 'vision', effect: 'NoSchedule' }]", taint)

const arch = oneOf('amd64', 'arm64')
const vendors = Object.keys(vendorResources)

const volumeStore = object(
  "volume({ size: '500Gi' })",
  {
    kind: hidden,
    size: quantity,
    accessMode: oneOf('ReadWriteOnce', 'ReadWriteMany'),
    storageClass: named('a StorageClass'),
    claim: named('a PersistentVolumeClaim'),
  },
  ['size', 'accessMode'],
)
const bucketStore = object(
  "bucket('s3://team/millrace')",
  {
    kind: hidden,
    url: text(
      /^(s3|gs|az):\/\/[a-z0-9][-._a-z0-9]+(\/[^/?#\s]+)*\/?$/,
      1024,
      'Give a URL of a bucket and a folder in it (s3, gs, az), for example "s3://team/millrace".',
    ),
  },
  ['url'],
)
const store: Check = (value, path, wrong) => {
  const kind = isObject(value) ? value.kind : undefined
  if (kind === 'volume') volumeStore(value, path, wrong)
  else if (kind === 'bucket') bucketStore(value, path, wrong)
  else field(() => false, "Give volume({ size: '500Gi' }) or bucket('s3://team/millrace').")(value, path, wrong)
}

const gpu = object("{ type: 'a100-80gb', count: 8 }", { type: filled, count: whole(1), vendor: filled }, [
  'type',
  'count',
])
const node = object(
  "{ count: 4, cpu: 64, memory: '512Gi' }",
  {
    count: whole(1),
    machine: filled,
    cpu: field((value) => typeof value === 'number' && value > 0 && Number.isFinite(value), 'Give a number above 0.'),
    memory: quantity,
    disk: quantity,
    gpu,
    tpu: object("{ type: 'v5e', topology: '4x4' }", { type: filled, topology: filled }, ['type', 'topology']),
    spot: yesOrNo,
    labels: labels("{ pool: 'vision' }"),
    taints,
  },
  ['count'],
)

const oneOrMore: Check = (value, path, wrong) =>
  Array.isArray(value) ? list("['NVIDIA-H100-PCIe']", labelValue)(value, path, wrong) : labelValue(value, path, wrong)
const accelerator = object("{ labels: { 'gpu-model': 'a100' } }", {
  vendor: filled,
  resource: text(/^[a-z0-9][-a-z0-9.]*\/\S+$/, 317, 'Give the name that the nodes have, for example "nvidia.com/gpu".'),
  labels: record("{ 'gpu-model': 'a100' }", oneOrMore, labelName),
  taint: text(labelKeyPattern, 317, keyFix),
  arch,
  shared: yesOrNo,
  topologies: record("{ '2x2': 4 }", whole(1), {
    ok: (name) => /^[1-9]\d*(x[1-9]\d*){1,2}$/.test(name),
    fix: 'Give a topology, for example "2x2".',
  }),
  cubes: whole(1),
})

/** An error never shows a variable's text: it may be a secret. */
const variables: Check = (value, path, wrong) => {
  record("{ HUB_URL: 'https://hub.example' }", () => {})(value, path, wrong)
  for (const [name, one] of Object.entries(isObject(value) ? value : {})) {
    if (one === undefined) continue
    const at = `${path}.${name}`
    const wrongName = wrongVariableName(name)
    const found =
      typeof one === 'string' ? wrongVariableValue(name, one) : { message: `is ${show(one)}`, fix: 'Give a text.' }
    if (wrongName) wrong(at, `${path}: ${JSON.stringify(name)} ${wrongName.message}`, wrongName.fix)
    else if (found) wrong(at, `${at} ${found.message}`, found.fix)
  }
}

const json = field((value) => 'json' in toJson(value), 'Give values that JSON can carry.')

/** The fields of a cluster's environment. */
export const clusterFields = object(
  "gke({ namespace: 'vision', store: volume({ size: '500Gi' }) })",
  {
    preset: hidden,
    namespace: text(
      label,
      63,
      'Give lowercase letters, digits and hyphens, at most 63, a letter or digit at both ends.',
    ),
    store,
    nodes: list("[{ count: 4, cpu: 64, memory: '512Gi' }]", node),
    queue: text(
      subdomainPattern,
      63,
      'Give the name of a LocalQueue: lowercase letters, digits, hyphens and dots, at most 63.',
    ),
    arch,
    env: variables,
    image: text(imageName, 1024, 'Give the name of an image with Node, for example "node:24-slim".'),
    parameters: record('{ digits: { epochs: 200 } }', record('{ epochs: 200 }', json), {
      ok: (name) => namePattern.test(name),
      fix: 'Give the name of a pipeline.',
    }),
    labels: ownLabels,
    accelerators: record("{ 'a100-80gb': { labels: { 'gpu-model': 'a100' } } }", accelerator),
    gpuVendor: oneOf(...vendors),
    spot: object(
      "{ labels: { pool: 'spot' }, taints: [] }",
      {
        labels: labels("{ pool: 'spot' }"),
        taints: (value, path, wrong) =>
          Array.isArray(value) && value.length === 0 ? undefined : taints(value, path, wrong),
        tainted: yesOrNo,
      },
      ['labels', 'taints'],
    ),
    storageClasses: record("{ ReadWriteMany: 'nfs' }", named('a StorageClass')),
  },
  ['namespace', 'store'],
)
