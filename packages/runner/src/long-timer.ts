/** A timer that is set for longer fires at once. */
const longest = 2 ** 31 - 1

/** Calls `done` after any number of milliseconds, if the process lasts that long by itself; gives the way to stop it. */
export function startTimer(milliseconds: number, done: () => void): () => void {
  const end = performance.now() + milliseconds
  let timer: NodeJS.Timeout
  const wait = () => {
    const left = end - performance.now()
    timer = left > longest ? setTimeout(wait, longest) : setTimeout(done, left)
    timer.unref()
  }
  wait()
  return () => clearTimeout(timer)
}
