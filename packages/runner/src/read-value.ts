import { fstatSync, readSync } from 'node:fs'
import { type Json, outputLimit, parseJson, showPath } from '@millrace/ir'
import { closeFile, errnoOf, openRegular, storeFailed } from '@millrace/store'
import { StageFailure } from './failure.ts'

/**
 * The value that a process wrote to a file of its own: its text without one newline at the end, or its JSON. Undefined
 * where there is no file.
 *
 * @throws StageFailure where the file holds no such value
 */
export function readValue(node: string, path: readonly string[], file: string, isText: boolean): Json | undefined {
  const field = showPath(path)
  const refuse = (what: string, fix: string) =>
    new StageFailure('invalid-output', `the process of "${node}" wrote ${what} as its output "${field}"`, fix, {
      retry: false,
      path: field,
    })
  const bytes = read(file)
  if (bytes === 'absent') return undefined
  if (bytes === 'odd') throw refuse('what is no regular file', 'Write a file to the path that it is given.')
  if (bytes === 'locked') throw refuse('a file that nobody may read', 'Leave the right to read it.')
  if (bytes.length > outputLimit)
    throw new StageFailure(
      'output-too-large',
      `the process of "${node}" wrote more than ${outputLimit / 1024} KiB as its output "${field}"`,
      'Say file() in the output schema, and write the large part there.',
      { retry: false, path: field },
    )
  const text = decode(bytes)
  if (text === undefined) throw refuse('what is not UTF-8', 'Write text in UTF-8, or say file() in the output schema.')
  if (isText) return text.replace(/\n$/, '')
  try {
    return parseJson(text) as Json
  } catch (error) {
    const why =
      text.trim() === '' ? 'an empty file, which is no JSON,' : `what is no JSON (${(error as Error).message})`
    throw refuse(why, 'Write its value as JSON.')
  }
}

/** At most one byte more than a value may have. */
function read(file: string): Buffer | 'absent' | 'odd' | 'locked' {
  let fd: number | undefined
  try {
    fd = openRegular(file)
    if (fd === undefined) return 'odd'
    const bytes = Buffer.alloc(Math.min(fstatSync(fd).size, outputLimit) + 1)
    let length = 0
    for (let more = -1; more !== 0 && length < bytes.length; length += more)
      more = readSync(fd, bytes, length, bytes.length - length, null)
    return bytes.subarray(0, length)
  } catch (error) {
    const errno = errnoOf(error) ?? ''
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return 'absent'
    if (errno === 'ELOOP' || errno === 'ENXIO' || errno === 'EAGAIN') return 'odd'
    if (errno === 'EACCES') return 'locked'
    throw storeFailed('read', file, error)
  } finally {
    if (fd !== undefined) closeFile(fd)
  }
}

function decode(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}
