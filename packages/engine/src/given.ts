import { type ArtifactValue, assetKey, isArtifactValue, isObject, type Json, type PlanStageSpec } from '@millrace/ir'

/** What a call is given: the artifacts in its input, and the assets that are defaults of it. */
export function givenTo(
  spec: PlanStageSpec,
  args: Json,
  asset: (token: string) => Json | undefined,
): () => readonly ArtifactValue[] {
  let known: readonly ArtifactValue[] | undefined
  const look = (): readonly ArtifactValue[] => {
    const assets = objectsIn(spec.input).flatMap(({ [assetKey]: token }) =>
      typeof token === 'string' ? [asset(token)] : [],
    )
    return [...objectsIn(args), ...assets].flatMap((at) => (isArtifactValue(at) ? [at] : []))
  }
  return () => {
    const given = known ?? look()
    known = given
    return given
  }
}

function objectsIn(value: unknown): { readonly [key: string]: unknown }[] {
  const found: { readonly [key: string]: unknown }[] = []
  const open: unknown[] = [value]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (Array.isArray(at)) for (const item of at as unknown[]) open.push(item)
    else if (isObject(at)) {
      found.push(at)
      for (const item of Object.values(at)) open.push(item)
    }
  }
  return found
}
