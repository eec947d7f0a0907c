/** What `import()` of a module gives. */
export type Namespace = Readonly<Record<string, unknown>>

export type ImportModule = (url: string) => Promise<Namespace>

/** The value of an export; undefined while its module hasn't run yet. */
export function exported(namespace: Namespace, name: string): unknown {
  try {
    return namespace[name]
  } catch {
    return undefined
  }
}

/** The namespace of a module that the program has imported; empty if that fails, as when a loader made it up. */
export async function importOrNothing(url: string, importModule: ImportModule): Promise<Namespace> {
  try {
    return await importModule(url)
  } catch {
    return {}
  }
}

/** The value at a path, without running getters. */
export function valueAt(namespace: Namespace, [name = '', ...rest]: readonly string[]): unknown {
  let at = exported(namespace, name)
  for (const key of rest) {
    if ((typeof at !== 'object' && typeof at !== 'function') || at === null) return undefined
    at = Object.getOwnPropertyDescriptor(at, key)?.value
  }
  return at
}
