import { basename } from 'node:path'

/** What tools that look into a folder obey, in any case of letters: a name that begins with a dot, and a project's files. */
const obeyed = /^(\..*|node_modules|package\.json|pnpm-workspace\.yaml|tsconfig\.json|millrace\.config\..*)$/i

/** A text of somebody else as the name of one file, on any system, that no tool takes for its own. */
function safe(text: string): string {
  const name = text.replaceAll(/[\p{Cc}/\\]/gu, '_').replace(/^([a-z]):/i, '$1_')
  return obeyed.test(name) || name === '' ? `_${name}` : name
}

/** What the fetched folder holds besides artifacts. */
const ownNames = ['output.json', 'metrics.jsonl', 'logs'] as const

/** Gives each artifact of an output a place below the fetched folder: `<its place in the output>/<its name>`. */
export class FetchedNames {
  readonly #taken = new Set<string>(ownNames)
  readonly #folders = new Set<string>()

  /** Relative, with `/`; no two are the same, nor below another, also where case doesn't count. */
  of(place: readonly (string | number)[], path: string): string {
    const folder = place.map((key) => safe(String(key).replaceAll(/[^\w.-]|^\.+$/g, '_')))
    const name = safe(basename(path))
    if (folder.at(-1) === name) folder.pop()
    if (folder[0] !== undefined && ownNames.some((own) => fold(own) === fold(folder[0] as string)))
      folder[0] = `${folder[0]}-2`
    for (let i = 1; ; i++) {
      const parts = i === 1 ? [...folder, name] : [...folder, String(i), name]
      if (this.#take(parts)) return parts.join('/')
    }
  }

  #take(parts: readonly string[]): boolean {
    const folded = parts.map(fold)
    const at = folded.join('/')
    const above = folded.slice(1).map((_, i) => folded.slice(0, i + 1).join('/'))
    if (this.#taken.has(at) || this.#folders.has(at) || above.some((folder) => this.#taken.has(folder))) return false
    this.#taken.add(at)
    for (const folder of above) this.#folders.add(folder)
    return true
  }
}

const fold = (name: string): string => name.normalize('NFC').toLowerCase()
