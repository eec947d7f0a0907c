import { createHash } from 'node:crypto'
import type { Digest, Schema } from '@millrace/ir'

export const keyOf = (text: string | number): Digest => `sha256:${createHash('sha256').update(`${text}`).digest('hex')}`

export const plain: Schema = { type: 'object', properties: { by: { type: 'string' } } }
export const model: Schema = { type: 'object', properties: { model: { artifact: { kind: 'file' } } } }

/** What the tests' runs do. */
export const work = { pipeline: 'digits', plan: 'sha256:plan', parameters: { epochs: 3 } }
