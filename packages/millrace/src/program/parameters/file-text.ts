import { closeSync, openSync, readSync } from 'node:fs'
import type { Found } from './found.ts'

/** Bytes that a file of parameters may have. */
const limit = 8 * 1024 * 1024

/** The text of a file of parameters, which may be a pipe: no more of it is read than it may have. */
export function readText(file: string): { readonly text: string } | { readonly unreadable: string } | Found {
  let bytes: Buffer
  try {
    bytes = readUpTo(file, limit + 1)
  } catch (error) {
    return { unreadable: whyNot(error as NodeJS.ErrnoException) }
  }
  if (bytes.length > limit) return { message: 'is larger than 8 MiB', fix: 'Give large data as a file parameter.' }
  const [first, second] = bytes
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    return { message: 'is UTF-16', fix: 'Save it as UTF-8.', line: 1, column: 1 }
  const text = bytes.toString('utf8').replace(/^\ufeff/, '')
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    const before = text.slice(0, text.indexOf('\ufffd')).split('\n')
    const [line, column] = [before.length, (before.at(-1) as string).length + 1]
    return { message: 'is not UTF-8', fix: 'Save it as UTF-8.', line, column }
  }
  return { text }
}

function readUpTo(file: string, most: number): Buffer {
  const descriptor = openSync(file, 'r')
  try {
    const parts: Buffer[] = []
    let length = 0
    while (length < most) {
      const part = Buffer.allocUnsafe(Math.min(64 * 1024, most - length))
      const read = readSync(descriptor, part)
      if (read === 0) break
      parts.push(part.subarray(0, read))
      length += read
    }
    return Buffer.concat(parts)
  } finally {
    closeSync(descriptor)
  }
}

const whyNot = ({ code, message }: NodeJS.ErrnoException): string =>
  code === 'ENOENT' ? "it isn't there" : code === 'EISDIR' ? 'it is a folder' : (code ?? message)
