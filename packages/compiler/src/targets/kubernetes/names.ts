import { type Digest, hexOf } from '@millrace/ir'

/** Hex digits of a digest in a name. */
const digits = 12

const short = (digest: Digest): string => hexOf(digest).slice(0, digits)
const cut = (text: string, length: number): string => text.slice(0, length).replace(/-+$/, '')

/**
 * The name of a stage's Job: `<pipeline>-<stage>-<12 hex>`, at most 57 characters, which leaves room for `-99999` in the
 * host names of its pods (a DNS label has 63, RFC 1123).
 */
export const stageJobName = (pipeline: string, stage: string, spec: Digest): string =>
  `${cut(pipeline, 21)}-${cut(stage, 22)}-${short(spec)}`

/** The name of what one plan has to itself. */
export const planName = (pipeline: string, what: string, digest: Digest): string =>
  `${planNameStart(pipeline, what)}${short(digest)}`

/** What the names of all plans begin with. */
export const planNameStart = (pipeline: string, what: string): string => `${cut(pipeline, 21)}-${what}-`

/** The name of a ConfigMap by its content. */
export const contentName = (what: string, digest: Digest): string => `${cut(what, 50)}-${short(digest)}`

/** Service accounts of a pipeline. */
export const accountName = (pipeline: string, who: 'driver' | 'stage'): string => `${pipeline}-${who}`

/** Stands in a folder whose manifests hold the policy. */
export const policyFile = 'policy/driver.validatingadmissionpolicy.yaml'
