import type { Json } from '@millrace/ir'
import { readAssets, readProgram } from '../../program/program.ts'
import type { Invocation } from './invocation.ts'

/** The assets of a pipeline of this program, by token; none where the program can't be read. */
export async function programAssets(
  { pipelines }: Invocation,
  name: string,
): Promise<(token: string) => Json | undefined> {
  const pipeline = pipelines.find((known) => known.name === name)
  try {
    const assets = pipeline && (await readAssets(readProgram(pipeline)))
    return (token) => assets?.get(token) as unknown as Json | undefined
  } catch {
    return () => undefined
  }
}
