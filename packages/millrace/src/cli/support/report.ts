import { Failures } from '@millrace/engine'
import type { Counts, Diagnostic, Event, Json } from '@millrace/ir'
import { say } from './say.ts'
import { showTold } from './show-failure.ts'
import { toStdout } from './stdout.ts'
import { showSeconds } from './terminal.ts'
import { jsonLine, visible } from './visible.ts'

/** Where a command says things: results on stdout, everything for a person on stderr. */
export interface Report {
  readonly json: boolean
  readonly trace: boolean
  /** `failures`: which calls of the run failed; what several share is told once. */
  errors(diagnostics: readonly Diagnostic[], cause?: unknown, failures?: Failures): void
  /** Lines for a person. */
  out(text: string): void
  /** A line for a program. */
  value(value: unknown): void
}

export function newReport({ json, trace }: { readonly json: boolean; readonly trace: boolean }): Report {
  return {
    json,
    trace,
    errors(diagnostics, cause, failures = new Failures()) {
      for (const told of failures.group(diagnostics)) say(showTold(told, { trace }))
      if (trace && cause instanceof Error) say(String(cause.stack))
    },
    out: (text) => void toStdout(`${visible(text)}\n`),
    value: (value) => void toStdout(`${jsonLine(value)}\n`),
  }
}

export const summaryLine = ({ ran, cached, skipped, failed }: Counts, seconds: number): string =>
  `${ran} ran, ${cached} cached, ${skipped} skipped, ${failed} failed, ${showSeconds(seconds)}`

const noCounts: Counts = { ran: 0, cached: 0, skipped: 0, failed: 0 }

/** What `--json` says of a run that could not begin. */
export const refusedRun = (errors: readonly Diagnostic[]): Event => ({
  event: 'run.finished',
  run: null,
  time: new Date().toISOString(),
  status: 'failed',
  output: null satisfies Json,
  errors,
  counts: noCounts,
  seconds: 0,
})
