import { targets } from '@millrace/compiler'
import { Failures } from '@millrace/engine'
import { type Diagnostic, DiagnosticError, hint, millisecondsOf, type RunOutcome } from '@millrace/ir'
import { StageFailure, startTimer } from '@millrace/runner'
import { causeOf, endDescendants } from '@millrace/runtime-local'
import { localRuntimeOf, resourceDiagnostics } from '../../program/local-runtime.ts'
import { type Prepared, refuse } from '../../program/prepare.ts'
import { saveRecord } from '../../program/record.ts'
import { checkKinds } from '../../program/stage-kinds.ts'
import { warm } from '../../program/workers.ts'
import { downstreamOf } from '../../reports/downstream.ts'
import { runToGoOnWith, showCommitted } from '../../reports/resumable-run.ts'
import { attemptsOf, newView } from '../progress/new-view.ts'
import { quietView } from '../progress/view.ts'
import { exitCodes } from '../support/exit.ts'
import { type Invocation, unknownTarget, usage } from '../support/invocation.ts'
import type { RunOptions } from '../support/options.ts'
import { prepare } from '../support/prepared.ts'
import { type Report, summaryLine } from '../support/report.ts'
import { say } from '../support/say.ts'
import { Signals } from '../support/signals.ts'

/** `run`: stdout gets the output as one line of JSON (or the events), stderr what a person watches. */
export async function runCommand(invocation: Invocation, options: RunOptions, report: Report): Promise<number> {
  checkTarget(options.target)
  const prepared = await prepare(invocation, options, () => options.inProcess || warm(invocation.entry))
  const { plan, store, program } = prepared
  const problems: Diagnostic[] = [...prepared.notices, ...resourceDiagnostics(program, plan, options.strict === true)]
  refuse(problems)
  refuse(await checkKinds(program, prepared.stageKinds))
  const recompute = options.from === undefined ? undefined : stagesFrom(prepared, options.from)
  const signals = new Signals()
  const { jobs, fresh, failFast, strict, verify, timeout } = options
  const stopTimer =
    timeout === undefined
      ? undefined
      : startTimer(millisecondsOf(timeout) ?? 0, () => signals.cancel(exitCodes.timeout, timedOut(timeout)))
  const chosen = {
    ...(jobs === undefined ? {} : { jobs }),
    ...(fresh ? { fresh } : {}),
    ...(failFast ? { failFast } : {}),
    ...(strict ? { strict } : {}),
    ...(verify ? { verify } : {}),
    ...(recompute ? { recompute } : {}),
    ...(options.inProcess ? { inProcess: true } : { hideGpus: true }),
    abandon: signals.kill,
  }
  const runtime = localRuntimeOf(prepared, chosen, problems)
  const view = newView(options, report, attemptsOf(plan))
  const failures = new Failures()
  if (view !== quietView) signals.signal.addEventListener('abort', () => sayStopping(signals.exit), { once: true })
  const goesOn = fresh ? undefined : runToGoOnWith(prepared)
  try {
    const outcome = await runtime.run(plan, prepared.input, {
      signal: signals.signal,
      onEvent: (event) => {
        if (event.event === 'run.started') saveRecord(store.runs, event.run, plan, prepared.code, prepared.input)
        if (report.json) report.value(event)
        failures.follow(event)
        if (event.event === 'run.started' && event.run === goesOn?.id && view !== quietView)
          say(`going on with run ${event.run}, ${showCommitted(goesOn)}`)
        view.event(event)
      },
    })
    view.close()
    return finish(outcome, signals, report, failures)
  } finally {
    stopTimer?.()
    view.close()
    signals.release()
  }
}

/** What runs is given its time to end, and nothing else would tell why the prompt is not back. */
function sayStopping(exit: number | undefined): void {
  if (exit === exitCodes.interrupt) say('stopping: what runs may end first; Ctrl-C once more ends it at once')
}

function finish(outcome: RunOutcome, signals: Signals, report: Report, failures: Failures): number {
  if (!report.json && outcome.status === 'succeeded') report.value(outcome.output)
  report.errors(outcome.errors, outcome.errors.map(causeOf).find(Boolean), failures)
  say(`${summaryLine(outcome.counts, outcome.seconds)}`)
  if (outcome.status === 'cancelled') {
    // a stage of this process that was left to itself may have started others
    endDescendants()
    return signals.exit ?? exitCodes.interrupt
  }
  if (outcome.status === 'succeeded') return exitCodes.ok
  return outcome.errors.some(({ code }) => code === 'store-failed') ? exitCodes.store : exitCodes.stageFailed
}

function checkTarget(target: string): void {
  if (target === 'local') return
  if (Object.hasOwn(targets, target))
    throw usage(`run works on this machine, and the target is "${target}"`, 'Use submit to run it on a cluster.')
  throw unknownTarget(target, 'local')
}

const timedOut = (timeout: string): StageFailure =>
  new StageFailure(
    'run-timeout',
    `the run did not end within its timeout of ${timeout}`,
    'Give a longer --timeout, or run again to go on.',
  )

/** The calls of a stage, by id or by name, and all that reads what they give. */
function stagesFrom({ plan }: Prepared, from: string): ReadonlySet<string> {
  const stages = plan.nodes.filter((node) => node.kind === 'stage')
  const chosen = stages.filter(
    (node) => node.id === from || node.merged?.includes(from) || plan.stages[node.stage]?.name === from,
  )
  if (chosen.length > 0) return downstreamOf(plan, new Set(chosen.map((node) => node.id)))
  const known = stages.map((node) => node.id)
  throw new DiagnosticError([
    {
      code: 'unknown-stage',
      severity: 'error',
      message: `pipeline "${plan.pipeline}" has no stage "${from}"${hint(from, known)}`,
      at: { pipeline: plan.pipeline, node: null },
      fix: `Use one of: ${known.slice(0, 20).join(', ')}${known.length > 20 ? ', …' : ''}.`,
    },
  ])
}
