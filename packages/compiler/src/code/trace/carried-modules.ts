import { basename } from 'node:path'
import type { ResolvedId, ResolveIdResult } from 'rolldown'
import { packageFolder } from '../modules/packages.ts'
import { isCode } from '../modules/read-module.ts'
import { isToken, tokenText } from '../parse/tokens.ts'
import { standIn } from './carried-module.ts'
import type { PackageContext } from './package-context.ts'

const prefix = '\0millrace/carried/'

/** The modules of packages that lie beside a bundle, and what stands in it for them. */
export class CarriedModules {
  /** Their files, by number. */
  readonly files: string[] = []
  readonly #context: PackageContext
  readonly #roots: ReadonlySet<string>

  /** @param roots folders of the packages that are not bundled */
  constructor(context: PackageContext, roots: ReadonlySet<string>) {
    this.#context = context
    this.#roots = roots
  }

  get any(): boolean {
    return this.#roots.size > 0
  }

  /** What a bundle imports in place of a module; undefined for one that is bundled. */
  inPlaceOf(found: ResolvedId, kind: string | undefined): ResolveIdResult | undefined {
    const root = packageFolder(found.id)
    if (root === undefined || !this.#roots.has(root) || !isCode(found.id)) return undefined
    const known = this.files.indexOf(found.id)
    const number = known >= 0 ? known : this.files.push(found.id) - 1
    if (kind === 'require-call') return { id: tokenText({ kind: 'required', number }), external: true }
    if (kind === 'dynamic-import') return { id: tokenText({ kind: 'carried', number }), external: true }
    const { moduleSideEffects } = found
    // the end tells the bundler how it is to be read
    return { id: `${prefix}${number}/${basename(found.id)}`, moduleSideEffects: moduleSideEffects ?? null }
  }

  /** The code of what stands for a module. */
  load(id: string): string | undefined {
    if (!id.startsWith(prefix)) return undefined
    const number = Number.parseInt(id.slice(prefix.length), 10)
    return standIn(
      this.files[number] as string,
      this.#context,
      tokenText({ kind: 'required', number }),
      tokenText({ kind: 'carried', number }),
    )
  }

  /** The number of the module that an id stands for. */
  static numberOf(id: string): number | undefined {
    if (id.startsWith(prefix)) return Number.parseInt(id.slice(prefix.length), 10)
    return isToken(id) && /^millrace-(?:carried|required):/.test(id) ? Number(/\d+/.exec(id)?.[0]) : undefined
  }
}
