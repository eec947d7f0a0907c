/** What a module of a package finds by itself, beside what its imports name. */
export type Reach =
  /** A file, all files of a folder, or with `open` all files whose paths begin so. */
  | { readonly kind: 'path'; readonly path: string; readonly open: boolean; readonly loads: Loads | undefined }
  /** A module by its specifier. */
  | { readonly kind: 'module'; readonly specifier: string; readonly optional: boolean }
  /** Nobody knows: any file of its package; with `loads` any module that the package may import, too. */
  | { readonly kind: 'any'; readonly loads: boolean }
  /** No other file, but Node itself must load the module: it can't be a part of a bundle. */
  | { readonly kind: 'itself' }

export type Loads = 'import' | 'require'

/** Any file of the package. */
export const any: Reach = { kind: 'any', loads: false }
/** And any module that it may import. */
export const anyModule: Reach = { kind: 'any', loads: true }
export const itself: Reach = { kind: 'itself' }
