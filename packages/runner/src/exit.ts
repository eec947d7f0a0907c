const { reallyExit } = process as unknown as { readonly reallyExit: (code: number) => never }

/** Ends this process with a code that no handler of `exit` can change, by what it sets, calls or throws. */
export function exitWith(code: number): never {
  const really = () => Reflect.apply(reallyExit, process, [code]) as never
  ;(process as unknown as { reallyExit: () => never }).reallyExit = really
  try {
    process.exit(code)
  } catch {
    // the other handlers are not called any more
  }
  return really()
}
