import type { Packages } from '../modules/packages.ts'
import type { EmitTools } from '../toolchain/emit-tools.ts'
import { PackageModules } from './package-module.ts'
import { PackageResolver } from './package-resolver.ts'
import { TracedPackages } from './traced-packages.ts'

/** What is known of the packages that the stages of a program use, each file read once. */
export class PackageContext {
  readonly packages: Packages
  readonly resolver: PackageResolver
  readonly modules: PackageModules

  constructor(tools: EmitTools, packages: Packages) {
    this.packages = packages
    this.resolver = new PackageResolver(tools)
    this.modules = new PackageModules(tools, packages, (specifier, importer) =>
      this.resolver.find(specifier, importer, 'require'),
    )
  }

  /** The files that some modules need to run as they lie. */
  trace(entries: readonly string[]): TracedPackages {
    return new TracedPackages(this.packages, this.modules, this.resolver, entries)
  }
}
