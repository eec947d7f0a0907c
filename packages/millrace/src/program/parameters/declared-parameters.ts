import { dirname } from 'node:path'
import { placeOfEnvironment } from '@millrace/compiler'
import type { Diagnostic, JsonObject } from '@millrace/ir'
import type { ChosenEnvironment } from '../compile-program.ts'
import type { Program } from '../program.ts'
import { absolutePaths } from '../values.ts'
import { checkNames, type GivenParameters } from './parameters.ts'

/** What an environment declares of a pipeline's parameters, with what was given over it; wrong names are pushed. */
export function withDeclared(
  { name, graph }: Program,
  { environment, file }: ChosenEnvironment,
  given: GivenParameters,
  problems: Diagnostic[],
): GivenParameters {
  const { parameters = {} } = environment
  const declared = Object.hasOwn(parameters, name) ? parameters[name] : undefined
  if (declared === undefined) return given
  const { line = 1, column = 1 } = placeOfEnvironment(environment)
  const places = new Map(Object.keys(declared).map((field) => [field, { line, column }]))
  checkNames(declared, graph.input, graph.input, [], name, file, places, problems)
  const whole = absolutePaths(graph.input, declared, dirname(file)) as JsonObject
  const { origin, value } = given
  return {
    value: { ...whole, ...value },
    origin:
      origin.file === undefined
        ? {
            ...origin,
            file,
            place: ([field]) =>
              field !== undefined && Object.hasOwn(value, field) ? {} : (places.get(String(field)) ?? {}),
          }
        : origin,
  }
}
