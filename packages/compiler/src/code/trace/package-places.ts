import { nameOf } from '../modules/packages.ts'

/** What a package finds under a name. */
export interface Dependency {
  readonly name: string
  /** Real path of its folder. */
  readonly root: string
}

/** Copies of a package's folder, relative to the folder of `stage.mjs`; the first is the one that `stage.mjs` imports. */
export type PackagePaths = ReadonlyMap<string, readonly string[]>

const longest = 2000

/**
 * Lays packages out under `node_modules`, so that each finds what it finds here: at the top if there is room, else in the
 * folder of the one that needs it. Two that need the same one beside another of its name get a copy each, as npm does it.
 *
 * @param entries the folders that `stage.mjs` imports by their paths
 */
export function placePackages(
  entries: readonly string[],
  dependenciesOf: (root: string) => readonly Dependency[],
): PackagePaths {
  /** The folder at each place. */
  const taken = new Map<string, string>()
  const places = new Map<string, string[]>()
  const queue: { readonly root: string; readonly place: string }[] = []
  const put = (root: string, place: string): void => {
    taken.set(place, root)
    places.set(root, [...(places.get(root) ?? []), place])
    queue.push({ root, place })
  }
  for (const [index, root] of [...entries].sort(byName).entries()) {
    const place = `node_modules/${nameOf(root)}`
    put(root, taken.has(place) ? `node_modules/.${index}/${place}` : place)
  }
  for (const { root, place } of queue)
    for (const { name, root: needed } of [...dependenciesOf(root)].sort(byNameOf)) {
      const found = foldersAbove(place)
        .map((folder) => `${folder}node_modules/${name}`)
        .find((at) => taken.has(at))
      if (found === undefined) put(needed, `node_modules/${name}`)
      else if (taken.get(found) !== needed) {
        // versions that need each other in a circle have no place
        if (place.length > longest) throw new Error(`the packages that "${nameOf(root)}" needs can't be laid out`)
        put(needed, `${place}/node_modules/${name}`)
      }
    }
  return places
}

/** The folders in which Node looks for `node_modules`, from a package's own upwards. */
function foldersAbove(place: string): string[] {
  const parts = place.split('/')
  const folders: string[] = []
  for (let length = parts.length; length >= 0; length--)
    if (parts[length - 1] !== 'node_modules')
      folders.push(
        parts
          .slice(0, length)
          .map((part) => `${part}/`)
          .join(''),
      )
  return folders
}

const byName = (a: string, b: string): number => compare(nameOf(a), nameOf(b)) || compare(a, b)
const byNameOf = (a: Dependency, b: Dependency): number => compare(a.name, b.name)
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
