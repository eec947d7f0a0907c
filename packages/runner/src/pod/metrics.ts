import { readSync } from 'node:fs'
import { attemptFileNames, type Metric, markerLimits, metricIn } from '@millrace/ir'
import { ForeignFolder, OddFile } from '@millrace/store'
import { attemptRefused } from '../failure.ts'

/** Bytes of all metrics of one attempt, as they are written. */
const mostBytes = 4 * 1024 * 1024

export interface Measured {
  readonly metrics: readonly Metric[]
  /** There were more than a marker holds. */
  readonly more: boolean
}

/**
 * The metrics of an attempt, as its stage and what that started have appended them to one file.
 *
 * @throws StageFailure when something else stands there
 */
export function measured(node: string, folder: string): Measured {
  const name = attemptFileNames.metrics
  const own = ForeignFolder.open(folder)
  try {
    return own?.file(name, metricsIn) ?? { metrics: [], more: false }
  } catch (error) {
    if (!(error instanceof OddFile)) throw error
    throw attemptRefused(node, name, error.message)
  } finally {
    own?.close()
  }
}

function metricsIn(fd: number, size: number): Measured {
  const bytes = Buffer.alloc(Math.min(size, mostBytes))
  let held = 0
  for (let count = -1; count !== 0 && held < bytes.length; held += count)
    count = readSync(fd, bytes, held, bytes.length - held, held)
  const lines = bytes.subarray(0, held).toString().split('\n')
  const metrics: Metric[] = []
  for (const line of lines) {
    const metric = metricIn(line)
    if (metric && metrics.length === markerLimits.metrics) return { metrics, more: true }
    if (metric) metrics.push(metric)
  }
  return { metrics, more: size > mostBytes }
}
