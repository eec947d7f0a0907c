/** Node options that load modules, run something else, watch or debug, each with its value in the next word. */
const withValue =
  /^(?:-r|--require|--import|--(?:experimental-)?loader|-[ep]+|--eval|--print|--env-file(?:-if-exists)?|--watch-path|--inspect-port|--debug-port|--input-type|--run)$/
/** The same, in one word. */
const alone =
  /^(?:--(?:require|import|(?:experimental-)?loader|eval|print|env-file|inspect|debug-port|watch|test|input-type|run|check|interactive)\b|-[ic]$)/

/** Those of a process's Node options that hold for a worker of it, too: its memory, its conditions, its warnings. */
export function workerOptions(given: readonly string[]): string[] {
  const held: string[] = []
  for (let i = 0; i < given.length; i++) {
    const word = given[i] as string
    if (withValue.test(word)) i++
    else if (!alone.test(word)) held.push(word)
  }
  return held
}
