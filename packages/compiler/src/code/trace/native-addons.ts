import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { children, literalText, type Node } from '../parse/syntax.ts'
import type { Tools } from '../toolchain/tools.ts'

/** Packages that only find, build or fetch native code for others. */
const loaders = new Set([
  'bindings',
  'node-gyp-build',
  'node-gyp-build-optional-packages',
  'node-pre-gyp',
  '@mapbox/node-pre-gyp',
  'prebuild',
  'prebuild-install',
  'prebuildify',
  'node-addon-api',
  'nan',
  'cmake-js',
  'cmake-ts',
  'pkg-prebuilds',
])

const platform = /(?:^|[-_/@])(?:linux|linuxmusl|darwin|win32|freebsd|android)[-_](?:x64|arm64|arm|ia32|ppc64|s390x)\b/

/** Whether a package runs native code: it builds, fetches or carries binaries, which no bundle can hold. */
export function isNative(root: string): boolean {
  const manifest = readManifest(root)
  const { name, scripts, dependencies, optionalDependencies } = manifest
  if (loaders.has(String(name)) || platform.test(String(name))) return true
  if (
    manifest.gypfile === true ||
    existsSync(join(root, 'binding.gyp')) ||
    isRecord(manifest.napi) ||
    isRecord(manifest.binary)
  )
    return true
  const scriptsText = isRecord(scripts) ? `${scripts.install} ${scripts.preinstall} ${scripts.postinstall}` : ''
  if (/\b(?:node-gyp|node-pre-gyp|prebuild|prebuild-install|cmake-js|neon)\b/.test(scriptsText)) return true
  if (isRecord(dependencies) && Object.keys(dependencies).some((name) => loaders.has(name))) return true
  return isRecord(optionalDependencies) && Object.keys(optionalDependencies).some((name) => platform.test(name))
}

function readManifest(root: string): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    return isRecord(json) ? json : {}
  } catch {
    return {}
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** A module in place of one with native code. Code that can do without catches its error. */
export const nativeStub = (name: string): string =>
  [
    'module.exports = undefined',
    `const error = new Error(${JSON.stringify(`Cannot find module '${name}': its native code is not shipped`)})`,
    "throw Object.assign(error, { code: 'MODULE_NOT_FOUND' })",
  ].join('\n')

/**
 * Whether a module asks for something only where a failure is caught.
 *
 * @param names says of a specifier whether it leads there
 */
export function isOptional(file: string, text: string, tools: Tools, names: (specifier: string) => boolean): boolean {
  const { program } = tools.parseSync(file, text, { preserveParens: false })
  const stack: { readonly node: Node; readonly caught: boolean }[] = [{ node: program, caught: false }]
  for (let at = stack.pop(); at; at = stack.pop()) {
    const { node, caught } = at
    const source = sourceOf(node)
    if (source !== undefined && names(source) && !caught) return false
    for (const part of children(node))
      stack.push({
        node: part,
        caught: caught || (node.type === 'TryStatement' && part === node.block && !!node.handler),
      })
  }
  return true
}

function sourceOf(node: Node): string | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
      return literalText(node.source)
    case 'ExportNamedDeclaration':
      return literalText(node.source)
    case 'CallExpression':
      return node.callee.type === 'Identifier' && node.callee.name === 'require'
        ? literalText(node.arguments[0])
        : undefined
    default:
      return undefined
  }
}
