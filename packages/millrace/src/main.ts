import type { AnyPipeline } from '@millrace/sdk'
import { isEntry } from './entry.ts'
import { isChild } from './is-child.ts'

/**
 * Gives the program its command line. Does something only when the module is the one that was started; returns at
 * once, so it is never awaited.
 *
 * @param meta `import.meta`
 * @param pipelines the first one is run unless `--pipeline name` picks another
 */
export function main(meta: ImportMeta, ...pipelines: readonly [AnyPipeline, ...AnyPipeline[]]): void {
  if (isChild.value || !isEntry(meta)) return
  void import('./cli/command-line.ts').then(({ commandLine }) =>
    commandLine({ pipelines, entry: meta.filename as string, arguments: process.argv.slice(2) }),
  )
}
