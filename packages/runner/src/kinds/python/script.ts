/** What is known of a Python script before it runs. */
export interface PythonScript {
  /** Absolute path. */
  readonly path: string
  /** Of all that counts. */
  readonly digest: string
  /** Whether a function of it is called, or all of it is run. */
  readonly form: 'function' | 'script'
  /** Absolute paths of the Python files that its key counts. */
  readonly files: readonly string[]
  /** Its own dependencies (PEP 723), as the block in it names them. */
  readonly block?: { readonly text: string; readonly dependencies: readonly string[] }
  /** Absolute path of its own lock. */
  readonly lock?: string
}
