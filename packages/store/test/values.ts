import { createHash } from 'node:crypto'
import type { Digest, Schema } from '@millrace/ir'
import type { FindOptions, Result, Results, Sought } from '../src/index.ts'

export const keyOf = (text: string | number): Digest => `sha256:${createHash('sha256').update(`${text}`).digest('hex')}`

export const plain: Schema = { type: 'object', properties: { by: { type: 'string' } } }
export const model: Schema = { type: 'object', properties: { model: { artifact: { kind: 'file' } } } }

/** What the tests' runs do. */
export const work = { pipeline: 'digits', plan: 'sha256:plan', parameters: { epochs: 3 } }

/** The answer to one look-up. */
export const findOne = (
  results: Results,
  key: Digest,
  output: Schema,
  { given, ...options }: FindOptions & Pick<Sought, 'given'> = {},
): Promise<Result | undefined> =>
  results.find([{ key, output, ...(given && { given }) }], options)[0] as Promise<Result | undefined>

/** The same, no artifact's bytes being read. */
export const peekOne = (
  results: Results,
  key: Digest,
  output: Schema,
  given?: Sought['given'],
): Promise<Result | undefined> => findOne(results, key, output, { unread: true, ...(given && { given }) })
