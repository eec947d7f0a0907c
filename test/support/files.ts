import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The files of a program by name; a lone text is `program.ts`. */
export type Files = string | Readonly<Record<string, string | Uint8Array>>

/** Writes a program into a folder, which is created. */
export function writeProgram(folder: string, files: Files): void {
  const texts = typeof files === 'string' ? { 'program.ts': files } : files
  for (const [name, text] of Object.entries({ 'package.json': '{ "type": "module" }', ...texts })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}
