import { relative } from 'node:path'

/** A path as short as it is clear from the current folder. */
export function shortPath(file: string): string {
  try {
    const short = relative(process.cwd(), file)
    return short.startsWith('../../../') || short.length > file.length ? file : short
  } catch {
    // the current folder is gone
    return file
  }
}
