import { isDeepStrictEqual } from 'node:util'
import { parse, stringify } from 'yaml'
import type { TargetFile } from './target.ts'

/**
 * A manifest as YAML. Kubernetes reads YAML 1.1, in which `no`, `1e3` and `0777` are not what they look like: all
 * strings are quoted, and the text is parsed back and compared.
 */
export function printManifest(object: object): string {
  const text = escaped(
    stringify(object, {
      lineWidth: 0,
      doubleQuotedMinMultiLineLength: Number.POSITIVE_INFINITY,
      defaultStringType: 'QUOTE_DOUBLE',
      defaultKeyType: 'PLAIN',
      // what stands in two places is written twice: a reviewer reads it, and parsers limit how often they follow one
      aliasDuplicateObjects: false,
    }),
  )
  if (!isDeepStrictEqual(parse(text, { version: '1.1' }), object))
    throw new Error(`YAML that is read otherwise than it was meant:\n${text}`)
  return text
}

/** Characters that YAML allows nowhere, takes for the end of a line, or that no reviewer sees; they stand in quotes only. */
const unseen = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff\u202a-\u202e\u2066-\u2069]/g

const escaped = (text: string): string =>
  text.replace(unseen, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** The texts of files by their path. */
export const printAll = (files: readonly TargetFile[]): ReadonlyMap<string, string> =>
  new Map(
    files.map(({ path, content, print }) => [
      path,
      typeof content === 'string' ? content : (print?.() ?? printManifest(content)),
    ]),
  )
