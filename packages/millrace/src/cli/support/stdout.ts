const write = process.stdout.write.bind(process.stdout)

/** The only way to stdout for what a command gives. */
export const toStdout = (text: string, done: () => void = () => {}): boolean => write(text, done)

/** From now on stdout is ours alone: what the program prints outside its stages, in a build say, goes to stderr. */
export function claimStdout(): void {
  process.stdout.write = ((...given: unknown[]) =>
    Reflect.apply(process.stderr.write, process.stderr, given)) as typeof process.stdout.write
}
