import { assetKey } from '@millrace/ir'
import { z } from 'zod'

declare const kind: unique symbol
declare const media: unique symbol
/** What an artifact is. */
export type Kind = 'file' | 'folder'

/** What a stage may hand out: `context.file(…)`, `context.folder(…)`, or an input artifact passed on. */
export interface Draft<K extends Kind, M extends string> {
  /** Where to write (a folder exists already), or where to read. */
  readonly path: string
  readonly [kind]: K
  readonly [media]: M
}

/** What a stage receives. */
export interface Artifact<K extends Kind, M extends string> extends Draft<K, M> {
  /** `sha256:…` of the bytes. */
  readonly digest: string
  /** Bytes. */
  readonly size: number
}

/** A file that a stage receives: the type of `file('text/csv')` in its input. */
export type File<M extends string = string> = Artifact<'file', M>
/** A folder that a stage receives: the type of `folder()` in its input. */
export type Folder = Artifact<'folder', 'folder'>

/** A zod type for an artifact: in is what a stage hands out, out what another receives. */
type ArtifactType<K extends Kind, M extends string> = z.ZodType<Artifact<K, M>, Draft<K, M>>

const artifact = (meta: { readonly kind: Kind; readonly media?: string }) =>
  z
    .object(
      { path: z.string(), digest: z.string().regex(/^sha256:[0-9a-f]{64}$/), size: z.int().nonnegative() },
      `Invalid input: expected what context.${meta.kind}() gave`,
    )
    .meta({ artifact: meta })

/**
 * A zod type for a file of one media type.
 *
 * @param mediaType default `application/octet-stream`
 */
export const file = <const M extends string = 'application/octet-stream'>(mediaType?: M): ArtifactType<'file', M> =>
  artifact({ kind: 'file', media: mediaType ?? 'application/octet-stream' }) as unknown as ArtifactType<'file', M>

/** A zod type for a folder of files. */
export const folder = (): ArtifactType<'folder', 'folder'> =>
  artifact({ kind: 'folder' }) as unknown as ArtifactType<'folder', 'folder'>

const assetMark: unique symbol = Symbol.for('millrace.asset') as never

/**
 * A file or folder of the repository, beside the program: a literal in a call, or the default of a file field. Its
 * bytes count in the keys of what reads it.
 *
 * @param url `new URL('./digits.csv', import.meta.url)`
 */
export function asset(url: URL): Artifact<'file', never> {
  // zod gives a shallow copy of a default, which must still be known as an asset
  return { [assetKey]: url.href, [assetMark]: true } as unknown as Artifact<'file', never>
}

/** The file URL of an asset, or `undefined` for any other value. */
export const assetUrl = (value: unknown): string | undefined =>
  typeof value === 'object' && value !== null && assetMark in value
    ? (value as unknown as { readonly [assetKey]: string })[assetKey]
    : undefined
