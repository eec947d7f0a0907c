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
    for (let i = 2, file = this.#fileAmong(folder); file >= 0; i++, file = this.#fileAmong(folder))
      folder[file] = `${folder[file]}-${i}`
    let parts = [...folder, name]
    for (let i = 2; this.#isTaken(parts); i++) parts = [...folder, String(i), name]
    this.#taken.add(key(parts))
    for (let i = 1; i < parts.length; i++) this.#folders.add(key(parts.slice(0, i)))
    return parts.join('/')
  }

  /** Which of the folders on the way is a file already. */
  #fileAmong(folder: readonly string[]): number {
    return folder.findIndex((_, i) => this.#taken.has(key(folder.slice(0, i + 1))))
  }

  #isTaken(parts: readonly string[]): boolean {
    return this.#taken.has(key(parts)) || this.#folders.has(key(parts)) || this.#fileAmong(parts.slice(0, -1)) >= 0
  }
}

const key = (parts: readonly string[]): string => parts.map(fold).join('/')

const fold = (name: string): string => name.normalize('NFC').toLowerCase()
