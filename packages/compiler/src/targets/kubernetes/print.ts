import { isDeepStrictEqual } from 'node:util'
import { parse, stringify } from 'yaml'

/**
 * A manifest as YAML. Kubernetes reads YAML 1.1, in which `no`, `1e3` and `0777` are not what they look like: all
 * strings are quoted, and the text is parsed back and compared.
 */
export function printManifest(object: object): string {
  const text = stringify(object, { lineWidth: 0, defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' })
  if (!isDeepStrictEqual(parse(text, { version: '1.1' }), object))
    throw new Error(`YAML that is read otherwise than it was meant:\n${text}`)
  return text
}

/**
 * Prints manifests that are alike but for a few words, of which there may be ten thousand: each form is printed and
 * compared once. Words are of letters, digits, `:` and `-`, which mean nothing in a quoted string.
 */
export class FormPrinter {
  readonly #forms = new Map<string, string>()

  print(object: object, words: readonly string[]): string {
    let form = JSON.stringify(object)
    for (const [i, word] of words.entries()) {
      if (!/^[a-z0-9:-]+$/.test(word)) return printManifest(object)
      form = form.replaceAll(word, place(i))
    }
    let text = this.#forms.get(form)
    if (text === undefined) {
      text = printManifest(JSON.parse(form) as object)
      this.#forms.set(form, text)
    }
    for (const [i, word] of words.entries()) text = text.replaceAll(place(i), word)
    return text
  }
}

const place = (i: number): string => `millrace:word:${i}:`
