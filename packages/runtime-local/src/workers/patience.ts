/**
 * Waits some milliseconds, and then until what has come meanwhile is read: where this process was busy, the answer may
 * be there.
 *
 * @returns ends the wait
 */
export function patience(milliseconds: number, over: () => void): () => void {
  let look: NodeJS.Immediate | undefined
  const timer = setTimeout(() => {
    look = setImmediate(over)
  }, milliseconds)
  return () => {
    clearTimeout(timer)
    clearImmediate(look)
  }
}
