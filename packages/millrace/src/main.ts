import { capture, fail, nowhere, type SourceLocation } from '@millrace/ir'
import { type AnyPipeline, definitionOf } from '@millrace/sdk'
import { isEntry } from './entry.ts'
import { isChild } from './is-child.ts'

/**
 * Gives the program its command line. Does something only when the module is the one that was started; returns at
 * once, so it is never awaited.
 *
 * @param meta `import.meta`
 * @param pipelines the first one is run unless `--pipeline name` picks another
 * @throws DiagnosticError where it is given something else than pipelines
 */
export function main(meta: ImportMeta, ...pipelines: readonly [AnyPipeline, ...AnyPipeline[]]): void {
  if (isChild.value || !isEntry(meta)) return
  checkPipelines(pipelines, capture(main))
  void import('./cli/command-line.ts').then(({ commandLine }) =>
    commandLine({ pipelines, entry: meta.filename as string, arguments: process.argv.slice(2) }),
  )
}

/** A program in JavaScript may give anything. */
function checkPipelines(given: readonly unknown[], place: () => SourceLocation): void {
  const at = given.findIndex((value) => definitionOf(value)?.type !== 'pipeline')
  if (given.length > 0 && at === -1) return
  const found = definitionOf(given[at])
  fail({
    code: 'bad-option',
    severity: 'error',
    message:
      given.length === 0
        ? 'main is given no pipeline'
        : `main takes pipelines, and ${found ? `"${found.name}" is a ${found.type}` : 'is given something else'}`,
    at: { ...nowhere, ...place() },
    fix: 'Give it what pipeline() made: main(import.meta, digits).',
  })
}
