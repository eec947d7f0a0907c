import { labelNames } from '@millrace/ir'
/** Labels of everything that belongs to a pipeline; nothing of version or plan, which would make new Jobs. */
export const labelsOf = (pipeline: string, component: string, stage?: string): { readonly [key: string]: string } => ({
  'app.kubernetes.io/name': pipeline,
  [labelNames.component]: component,
  'app.kubernetes.io/managed-by': 'millrace',
  'app.kubernetes.io/part-of': pipeline,
  [labelNames.pipeline]: pipeline,
  ...(stage === undefined ? {} : { [labelNames.stage]: stage }),
})
