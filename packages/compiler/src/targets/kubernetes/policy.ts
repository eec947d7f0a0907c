import type { V1ValidatingAdmissionPolicy, V1ValidatingAdmissionPolicyBinding } from '@kubernetes/client-node'
import { annotationNames } from '@millrace/ir'
import type { ClusterEnvironment } from '../../cluster/environment.ts'
import { labelsOf } from './labels.ts'
import { accountName, planNameStart } from './names.ts'

/** What a driver's patches change, beside what the API server itself keeps of an object. */
const specFields = ['suspend', 'parallelism', 'completions', 'backoffLimit']
const kept = ['managedFields', 'resourceVersion', 'generation']
const annotations = [annotationNames.state]

/**
 * Fences the driver of a pipeline in its namespace: rights can say which Jobs it patches, only a policy what of them.
 * Whatever is not named here is refused, fields of later versions of Kubernetes included. Cluster-scoped.
 */
export function driverPolicy(pipeline: string, environment: ClusterEnvironment): V1ValidatingAdmissionPolicy {
  const account = `system:serviceaccount:${environment.namespace}:${accountName(pipeline, 'driver')}`
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: meta(pipeline, environment),
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        resourceRules: [{ apiGroups: ['batch'], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['jobs'] }],
      },
      matchConditions: [{ name: 'driver', expression: `request.userInfo.username == '${account}'` }],
      variables: [
        { name: 'spec', expression: 'dyn(object.spec)' },
        { name: 'oldSpec', expression: 'dyn(oldObject.spec)' },
        { name: 'metadata', expression: 'dyn(object.metadata)' },
        { name: 'oldMetadata', expression: 'dyn(oldObject.metadata)' },
        { name: 'annotations', expression: 'dyn(object.metadata.?annotations.orValue({}))' },
        { name: 'oldAnnotations', expression: 'dyn(oldObject.metadata.?annotations.orValue({}))' },
        { name: 'owners', expression: 'dyn(object.metadata.?ownerReferences.orValue([]))' },
        { name: 'oldOwners', expression: 'dyn(oldObject.metadata.?ownerReferences.orValue([]))' },
      ],
      validations: [
        {
          expression: same('spec', 'oldSpec', specFields),
          message: `the driver of "${pipeline}" may change ${said(specFields)} of a Job's spec, and nothing else of it`,
        },
        {
          expression: same('metadata', 'oldMetadata', [...kept, 'annotations', 'ownerReferences']),
          message: `the driver of "${pipeline}" may not change a Job's labels or finalizers`,
        },
        {
          expression: same('annotations', 'oldAnnotations', annotations),
          message: `the driver of "${pipeline}" may change the annotation ${said(annotations)} of a Job, and no other`,
        },
        {
          expression: `variables.owners.all(owner, owner in variables.oldOwners || (${ownDriver(pipeline)}))`,
          message: `the driver of "${pipeline}" may make drivers of "${pipeline}" the owners of a Job, and nothing else`,
        },
      ],
    },
  }
}

export function driverPolicyBinding(
  pipeline: string,
  environment: ClusterEnvironment,
): V1ValidatingAdmissionPolicyBinding {
  const metadata = meta(pipeline, environment)
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata,
    spec: {
      policyName: metadata.name,
      validationActions: ['Deny'],
      matchResources: {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': environment.namespace } },
      },
    },
  }
}

/** Neither a namespace nor a pipeline has a dot in its name. */
const meta = (pipeline: string, { namespace, labels }: ClusterEnvironment) => ({
  name: `millrace-driver.${namespace}.${pipeline}`,
  labels: { ...labels, ...labelsOf(pipeline, 'driver') },
})

/** CEL: two variables, which are maps, have the same entries but for those of some keys. */
function same(name: string, oldName: string, but: readonly string[]): string {
  const [now, old] = [`variables.${name}`, `variables.${oldName}`]
  const free = `key in [${but.map((key) => `'${key}'`).join(', ')}]`
  return `${now}.all(key, ${free} || (key in ${old} && ${now}[key] == ${old}[key])) && ${old}.all(key, ${free} || key in ${now})`
}

/** CEL: an owner is the Job of a driver of this pipeline. */
const ownDriver = (pipeline: string): string =>
  `owner.apiVersion == 'batch/v1' && owner.kind == 'Job' && owner.name.startsWith('${planNameStart(pipeline, 'driver')}') && ` +
  `!(has(owner.controller) && owner.controller)`

const said = (words: readonly string[]): string =>
  words.length === 1 ? (words[0] as string) : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
