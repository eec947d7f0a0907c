export * from '@millrace/sdk'

import { trace } from '@millrace/sdk'
export function main(meta: ImportMeta, p: any) {
  console.log(JSON.stringify(trace(p).graph, null, 1))
}
