/** Where each name of a file stands. */
export type FieldLocations = Map<string, { readonly line: number; readonly column: number }>

/** What is wrong with a file, in words that follow its name, and where. */
export interface Found {
  readonly message: string
  readonly fix: string
  readonly line?: number
  readonly column?: number
}
