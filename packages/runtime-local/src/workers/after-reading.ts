/**
 * Waits some milliseconds, and then until what has come meanwhile is read and acted on: where this process was busy, the
 * answer may be there.
 *
 * @returns ends the wait
 */
export function afterReading(milliseconds: number, over: () => void): () => void {
  let next: NodeJS.Immediate | undefined
  const timer = setTimeout(() => {
    // what is read between the two is acted on by an immediate of its own, which comes before the second
    next = setImmediate(() => {
      next = setImmediate(over)
    })
  }, milliseconds)
  return () => {
    clearTimeout(timer)
    clearImmediate(next)
  }
}
