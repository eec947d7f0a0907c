import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { edited, type Fence, kindOf, typedIn } from './fences.ts'
import { type Project, type Ran, syntaxOf } from './page-project.ts'
import { matches } from './shown.ts'

/** What a page shows in a block of line `line` should be this. */
export interface Correction {
  readonly line: number
  readonly text: string
}

/**
 * Follows the blocks of a page in a project, from the first to the last.
 *
 * @param correct takes what a page should show instead of failing where it shows something else
 */
export async function follow(
  page: string,
  fences: readonly Fence[],
  project: Project,
  correct?: (correction: Correction) => void,
): Promise<void> {
  for (const fence of fences) {
    const at = `${page}:${fence.line}`
    const path = join(project.folder, fence.name ?? '')
    switch (kindOf(fence)) {
      case 'file':
        mkdirSync(dirname(path), { recursive: true })
        writeFileSync(path, fence.text)
        checkData(fence, at)
        break
      case 'edit':
        writeFileSync(path, edited(readFileSync(path, 'utf8'), fence))
        break
      case 'commands':
        succeeded(at, await project.bash(`set -eu -o pipefail\n${fence.text}`))
        break
      case 'session':
        await followSession(fence, at, project, correct)
        break
      case 'cluster':
        expect(syntaxOf(fence.text), at).toBe('')
        break
      default:
        expect.fail(`${at}: a block of an unknown kind, "${[fence.language, ...fence.words].join(' ')}"`)
    }
  }
}

async function followSession(
  fence: Fence,
  at: string,
  project: Project,
  correct?: (correction: Correction) => void,
): Promise<void> {
  const texts: string[] = []
  let wrong = false
  for (const { command, shown } of typedIn(fence)) {
    const ran = await project.bash(command)
    const { text } = ran
    // a command may fail where a page shows why
    if (shown === '' && !correct) succeeded(`${at}: ${command}`, ran)
    const right = matches(shown, text)
    if (!right && !correct) expect(text.trimEnd(), `${at}: ${command}`).toBe(shown)
    wrong ||= !right
    texts.push(`$ ${command}\n${right ? shown && `${shown}\n` : text}`)
  }
  if (wrong) correct?.({ line: fence.line, text: texts.map((text) => `${text.trimEnd()}\n`).join('') })
}

function succeeded(at: string, { code, text }: Ran): void {
  if (code !== 0) expect.fail(`${at}: ends with ${code}\n${text}`)
}

function checkData({ language, text }: Fence, at: string): void {
  try {
    if (language === 'json') JSON.parse(text)
    if (language !== 'yaml') return
    for (const { errors } of parseAllDocuments(text)) if (errors[0]) throw errors[0]
    if (!text.includes('\n---\n')) parse(text)
  } catch (error) {
    expect.fail(`${at}: ${(error as Error).message}`)
  }
}

/** A page with what it should show. */
export function corrected(page: string, fences: readonly Fence[], corrections: readonly Correction[]): string {
  const lines = page.split('\n')
  for (const { line, text } of [...corrections].reverse()) {
    const fence = fences.find((each) => each.line === line)
    if (!fence) throw new Error(`no block begins in line ${line}`)
    const { indent } = fence
    const made = text
      .trimEnd()
      .split('\n')
      .map((each) => (each === '' ? '' : indent + each))
    lines.splice(line - 1, fence.text.split('\n').length - 1, ...made)
  }
  return lines.join('\n')
}
