import { isObject } from '../json.ts'
import type { Metric } from '../metric.ts'

/** Characters of a metric's name. */
export const metricNameLimit = 1024
const timeLimit = 64

/** The metric in a line of MILLRACE_METRICS, to which any program appends; undefined where the line is none. */
export function metricIn(line: string): Metric | undefined {
  let written: unknown
  try {
    written = JSON.parse(line)
  } catch {
    // not a line of the contract, or cut by a kill
    return undefined
  }
  if (!isObject(written)) return undefined
  const { name, value, step, time } = written
  if (typeof name !== 'string' || name.length > metricNameLimit) return undefined
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined
  if (step !== undefined && !Number.isSafeInteger(step)) return undefined
  return {
    name,
    value,
    ...(step === undefined ? {} : { step: step as number }),
    time: isTime(time) ? time : new Date().toISOString(),
  }
}

/** Whether a text is a point in time. */
export const isTime = (time: unknown): time is string =>
  typeof time === 'string' && time.length <= timeLimit && !Number.isNaN(Date.parse(time))
