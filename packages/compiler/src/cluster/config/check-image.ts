import { type Diagnostic, nowhere } from '@millrace/ir'
import { defaultImage, placeOfEnvironment } from '../define-config.ts'
import type { ClusterEnvironment } from '../environment.ts'

/** An image of the user's must name its content: what runs would change with no change here. */
export function checkImage(name: string, environment: ClusterEnvironment, file: string): Diagnostic[] {
  const { image } = environment
  if (image === defaultImage || /@sha256:[0-9a-f]{64}$/.test(image)) return []
  return [
    {
      code: 'image-without-digest',
      severity: 'warning',
      message: `environment "${name}": the image "${image}" has no digest, so what it holds may change under its name`,
      at: { ...nowhere, file, ...placeOfEnvironment(environment), path: `${name}.image` },
      fix: `Add the digest of the image that was tested: "${image}@sha256:…".`,
    },
  ]
}
