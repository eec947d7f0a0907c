import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Application, Converter, type ProjectReflection, ReferenceType, type Reflection, ReflectionKind } from 'typedoc'
import type { PluginOptions } from 'typedoc-plugin-markdown'

const sources = join(import.meta.dirname, '../../packages/millrace/src')

const asMarkdown: Partial<PluginOptions> = {
  hidePageHeader: true,
  hideBreadcrumbs: true,
  hidePageTitle: true,
  outputFileStrategy: 'modules',
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  classPropertiesFormat: 'table',
  typeAliasPropertiesFormat: 'table',
  propertyMembersFormat: 'table',
  typeDeclarationFormat: 'table',
  tableColumnSettings: {
    hideDefaults: true,
    hideInherited: true,
    hideOverrides: true,
    hideSources: true,
    hideModifiers: true,
  },
  useCodeBlocks: true,
}

/** The pages by the paths that the generator gives them: their names here, and what stands above. */
const pages: { readonly [path: string]: readonly [name: string, head: string] } = {
  'millrace/README.md': [
    'millrace.md',
    "# millrace\n\nWhat `import { … } from 'millrace'` gives: [functions](#functions), and types of what they take and give.",
  ],
  'millrace/types.md': [
    'types.md',
    '# Types within millrace\n\nWhat the types of [millrace](millrace.md) are made of. A program gets these values, and has no import of their types.',
  ],
  'config.md': [
    'config.md',
    "# millrace/config\n\nWhat `import { … } from 'millrace/config'` gives. [Environments](../config.md) says what the options mean, with examples.",
  ],
}

/** The pages of the API by their names in docs/reference/api/, made of the doc comments of what `millrace` exports. */
export async function apiPages(): Promise<ReadonlyMap<string, string>> {
  // by itself it empties a folder docs
  const folder = mkdtempSync(join(tmpdir(), 'millrace-api-'))
  try {
    const app = await Application.bootstrapWithPlugins({
      entryPoints: [join(sources, 'index.ts'), join(sources, 'config.ts')],
      tsconfig: join(import.meta.dirname, '../tsconfig.api.json'),
      out: folder,
      plugin: ['typedoc-plugin-markdown', 'typedoc-plugin-missing-exports'],
      logLevel: 'Warn',
      readme: 'none',
      disableSources: true,
      skipErrorChecking: true,
      excludeExternals: true,
      groupOrder: ['Functions', 'Classes', 'Interfaces', 'Type Aliases', 'Variables'],
      ...({ internalModule: 'types' } satisfies { internalModule: string }),
      ...asMarkdown,
    })
    app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => prune(project))
    const project = await app.convert()
    if (!project) throw new Error('the sources can not be read')
    await app.generateOutputs(project)
    const written = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'))
    return new Map(
      Object.entries(pages).map(([path, [name, head]]) => {
        if (!written.includes(path)) throw new Error(`there is no ${path} in ${written.join(', ')}`)
        return [name, `${head}\n\n${tidy(readFileSync(join(folder, path), 'utf8'))}`]
      }),
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Takes away what a reader has no use for. */
function prune(project: ProjectReflection): void {
  for (const module of project.getReflectionsByKind(ReflectionKind.Module))
    if (module.name === 'index') module.name = 'millrace'
  for (const one of Object.values(project.reflections)) {
    if (one.kindOf(ReflectionKind.Property)) {
      // what tells types apart, and no value has
      if (one.name.startsWith('[')) project.removeReflection(one)
      else nameType(project, one)
    } else if (one.kindOf(ReflectionKind.Constructor)) {
      // nobody else makes errors of ours
      project.removeReflection(one)
    } else if (one.parent?.name === 'types' && isMachinery(project, one)) project.removeReflection(one)
  }
}

/** Types that only compute others. */
function isMachinery(project: ProjectReflection, one: Reflection): boolean {
  const file = project.getSymbolIdFromReflection(one)?.fileName ?? ''
  return file.endsWith('/infer.ts') && one.name !== 'Plain'
}

const named = { '"async-build"': 'Code', '`${number}Ki`': 'Quantity', '`${number}ms`': 'Duration' }

/** The compiler forgets the names of unions in optional fields. */
function nameType(project: ProjectReflection, one: Reflection): void {
  if (!one.isDeclaration() || one.type?.type !== 'union') return
  const text = one.type.toString()
  for (const [part, name] of Object.entries(named))
    if (text.includes(part)) one.type = ReferenceType.createBrokenReference(name, project, undefined)
}

/** The generator has no names for the parts of this one. */
const event = `### Event

What happens in a run: one JSON object. [Events](../events.md) tells each with its fields.

***

`

const tidy = (text: string): string =>
  text
    .replace(/^## Modules\n\n.*\n\n/m, '')
    .replace(/^### Event\n[\s\S]*?\n(?=### )/m, event)
    .replaceAll(/ \(contracts: [^)]*\)/g, '')
    .replaceAll(/<a id="[^"]*"><\/a> /g, '')
    .replaceAll(/\]\((?:\.\.\/)?(?:millrace\/)?(README|types|config)\.md/g, (_, page: string) =>
      page === 'README' ? '](millrace.md' : `](${page}.md`,
    )
    .replaceAll(/ +$/gm, '')
    .trim()
    .concat('\n')
