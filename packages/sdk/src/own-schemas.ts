import type { Schema } from '@millrace/ir'
import type { z } from 'zod'
import type { StageDefinition } from './definition.ts'
import { jsonSchemaOf } from './json-schema.ts'

/**
 * What the function of a stage itself sees: what it is given, after defaults and transforms, and what it may return,
 * before those. What no schema can tell, as the result of a transform, may be anything.
 */
export const ownSchemas = ({
  input,
  output,
}: StageDefinition): { readonly received: Schema; readonly returned: Schema } => ({
  received: told(input, 'output'),
  returned: told(output, 'input'),
})

const told = (schema: z.ZodObject, side: 'input' | 'output'): Schema =>
  jsonSchemaOf(schema, side, { pure: false, isOpen: true })
