import { type ArtifactValue, assetKey, isArtifactValue, isObject, type Json, type PlanStageSpec } from '@millrace/ir'

/** What a call is given: the artifacts in its input, and the assets that are defaults of it. */
export function givenTo(
  spec: PlanStageSpec,
  args: Json,
  asset: (token: string) => Json | undefined,
): () => readonly ArtifactValue[] {
  let given: readonly ArtifactValue[] | undefined
  return () => {
    given ??= [
      ...artifactsIn(args),
      ...assetsOf(spec.input as Json)
        .map(asset)
        .filter(isArtifactValue),
    ]
    return given
  }
}

const artifactsIn = (value: Json): ArtifactValue[] => objectsIn(value).filter(isArtifactValue)

const assetsOf = (schema: Json): string[] =>
  objectsIn(schema).flatMap((at) => (typeof at[assetKey] === 'string' ? [at[assetKey]] : []))

function objectsIn(value: Json): { readonly [key: string]: Json }[] {
  const found: { readonly [key: string]: Json }[] = []
  const open: Json[] = [value]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (Array.isArray(at)) for (const item of at as readonly Json[]) open.push(item)
    else if (isObject(at)) {
      found.push(at as { readonly [key: string]: Json })
      for (const item of Object.values(at)) open.push(item as Json)
    }
  }
  return found
}
