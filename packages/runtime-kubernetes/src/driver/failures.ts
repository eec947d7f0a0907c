import { type Diagnostic, mostCompletions, type PlanStage } from '@millrace/ir'
import type { Exit, JobView } from '../api/views.ts'

export type Cause = Pick<Diagnostic, 'code' | 'message' | 'fix' | 'stack' | 'causes'> & {
  readonly at?: Partial<Diagnostic['at']>
}

/** What a container's end means, where the runner in it could not tell. */
export function causeOfExit(node: PlanStage, { code, reason, message }: Exit): Cause {
  if (reason === 'OOMKilled')
    return {
      code: 'process-failed',
      message: `the pod of "${node.id}" ran out of memory (OOMKilled)`,
      fix: 'Give the stage more memory in its resources.',
    }
  if (reason === 'DeadlineExceeded')
    return {
      code: 'stage-timeout',
      message: `the pod of "${node.id}" did not end within its deadline`,
      fix: 'Give it a longer timeout, or make it end sooner when context.signal is aborted.',
    }
  const told = message.trim() === '' ? '' : `: ${message.trim().split('\n')[0]}`
  return {
    code: 'process-failed',
    message: `the pod of "${node.id}" ended with exit code ${code} (${reason})${told}`,
    fix: 'Read the end of its log for the cause.',
  }
}

/** A node that could not, or an image without what is to run in it. */
export const neverStarted = (node: PlanStage, { reason, message }: Exit): Cause => ({
  code: 'process-failed',
  message: `three pods of "${node.id}" ended before its process could start (${reason}): ${message.trim().split('\n')[0]}`,
  fix: 'Look at what the message names: the image has to have it, or the node is to blame.',
})

export const jobFailed = (node: PlanStage, job: JobView): Cause => ({
  code: 'process-failed',
  message: `the Job "${job.name}" of "${node.id}" failed${job.why === undefined ? '' : `: ${job.why}`}`,
  fix: 'Read the end of its log for the cause.',
})

export const withoutOutput = (node: PlanStage, job: string): Cause => ({
  code: 'no-output',
  message: `"${node.id}" finished without output: the Job "${job}" is Complete, and no done marker came for 10 s`,
  fix: 'Check that the volume of the store shows writes to all nodes.',
})

export const isFinal = (node: PlanStage, job: JobView, again: string): Cause => ({
  code: 'process-failed',
  message: `the Job "${job.name}" of "${node.id}" ended before (${job.end === 'failed' ? 'Failed' : 'Complete'}) and has no result in the store; Kubernetes runs no Job twice`,
  fix: runAgain(again),
})

export const runAgain = (again: string): string => `Run it again with "${again}".`

export const runsOther = (node: PlanStage, job: string): Cause => ({
  code: 'process-failed',
  message: `the Job "${job}" of "${node.id}" was released for other inputs already; Kubernetes runs no Job twice`,
  fix: 'Wait until the other run of this pipeline has ended, then run again.',
})

/** Its completions were changed while it ran, so that it is Complete and not all of it ran. */
export const cutShort = (node: PlanStage, job: string, manager: string, again: string): Cause => ({
  code: 'process-failed',
  message: `the Job "${job}" of "${node.id}" was made smaller by "${manager}" while it ran, and is Complete without all of its items`,
  fix: `Apply with --server-side only, and run it again with "${again}".`,
})

/** What an attempt left is none of what a runner leaves. */
export const attemptRefused = (node: PlanStage, file: string, what: string): Cause => ({
  code: 'attempt-refused',
  message: `the driver refuses an attempt of "${node.id}": "${file}" ${what}`,
  fix: "Let the stage write to the paths that it is given only; what else is in its folder is the runner's.",
})

/** A path in an output that is neither of the attempt's own files nor of its input. */
export const outputOutside = (node: PlanStage, field: string, path: string): Cause => ({
  code: 'output-outside',
  message: `"${node.id}" names ${shown(path)} as its output "${field}", which is outside its folder`,
  fix: "Write to the path of context.file('name') or context.folder('name'), or pass an input artifact on.",
})

const shown = (path: string): string => JSON.stringify(path.length > 200 ? `${path.slice(0, 200)}…` : path)

/** What ended an attempt is not the stage's doing. */
export const podLost = (node: PlanStage): Cause => ({
  code: 'process-failed',
  message: `the pod of "${node.id}" was taken away before it ended`,
  fix: 'Do nothing: it runs again.',
})

export const takenAway = (node: PlanStage, job: string, manager: string): Cause => ({
  code: 'process-failed',
  message: `the Job "${job}" of "${node.id}" was suspended three times by "${manager}" while it ran`,
  fix: 'Apply with --server-side, and keep other tools from setting spec.suspend.',
})

export const jobGone = (node: PlanStage, job: string): Cause => ({
  code: 'process-failed',
  message: `the Job "${job}" of "${node.id}" was deleted while it ran`,
  fix: 'Apply the folder again, then submit with --retry.',
})

export const refused = (node: PlanStage, job: string, message: string): Cause => ({
  code: 'process-failed',
  message: `the cluster refused to change the Job "${job}" of "${node.id}": ${message}`,
  fix: 'Look at what the message names; the rights of the driver are in its Role.',
})

export const tooMany = (node: PlanStage, items: number): Cause => ({
  code: 'does-not-fit',
  message: `"${node.id}" has ${items} items to run; an Indexed Job holds ${mostCompletions}`,
  fix: 'Give each item more to do, so that there are fewer.',
})
