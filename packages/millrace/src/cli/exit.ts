/** Exit codes (contracts: command line). */
export const exitCodes = {
  ok: 0,
  stageFailed: 1,
  usage: 2,
  timeout: 4,
  store: 5,
  hangup: 129,
  interrupt: 130,
  terminate: 143,
  closedOutput: 141,
} as const

/** Ends the process once all that was written is out: an author's open handles must not keep it alive. */
export async function leave(code: number): Promise<never> {
  await Promise.all(
    [process.stdout, process.stderr].map(
      (stream) =>
        new Promise<void>((done) => {
          if (stream.destroyed || !stream.writable) return done()
          stream.write('', () => done())
        }),
    ),
  )
  process.exit(code)
}
