/**
 * What version control obeys among the files of a folder, as soon as somebody looks into the folder: its own folders, and
 * the config of a folder that is itself a repository.
 */
export function obeyedIn(paths: readonly string[]): readonly string[] {
  const found = new Set<string>()
  const known = new Set(paths.map((path) => path.toLowerCase()))
  for (const path of paths) {
    const own = /^(?:.*?\/)?\.(?:git|hg)(?=\/|$)/i.exec(path)?.[0]
    if (own !== undefined) found.add(own)
    else if (/(^|\/)config$/i.test(path) && isRepository(path.slice(0, -'config'.length).toLowerCase(), known))
      found.add(path)
  }
  return [...found]
}

const isRepository = (folder: string, known: ReadonlySet<string>): boolean =>
  known.has(`${folder}head`) && ['objects/', 'refs/'].every((name) => has(known, folder + name))

function has(known: ReadonlySet<string>, start: string): boolean {
  for (const path of known) if (path.startsWith(start)) return true
  return false
}
