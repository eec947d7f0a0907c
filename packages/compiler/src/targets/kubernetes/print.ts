import { isDeepStrictEqual } from 'node:util'
import { parse, stringify } from 'yaml'

/**
 * A manifest as YAML. Kubernetes reads YAML 1.1, in which `no`, `1e3` and `0777` are not what they look like: all
 * strings are quoted, and the text is parsed back and compared.
 */
export function printManifest(object: object): string {
  const text = stringify(object, {
    lineWidth: 0,
    defaultStringType: 'QUOTE_DOUBLE',
    defaultKeyType: 'PLAIN',
    // what stands in two places is written twice: a reviewer reads it, and parsers limit how often they follow one
    aliasDuplicateObjects: false,
  })
  if (!isDeepStrictEqual(parse(text, { version: '1.1' }), object))
    throw new Error(`YAML that is read otherwise than it was meant:\n${text}`)
  return text
}
