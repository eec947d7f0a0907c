import { readdirSync, readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { tsc } from './tsc.ts'

const directive = '// @ts-expect-error '
const names = (folder: string) => readdirSync(new URL(folder, import.meta.url)).filter((name) => name.endsWith('.ts'))
const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')

const refused = Object.fromEntries(names('./refused/').map((name) => [`refused/${name}`, read(`./refused/${name}`)]))
const shared = { 'equal.ts': read('./equal.ts'), 'stages.ts': read('./stages.ts') }
const inferred = Object.fromEntries(
  names('./')
    .filter((name) => name.endsWith('.test-d.ts'))
    .map((name) => [name, read(`./${name}`)]),
)

/** Each mistake by its place, `file:line`. */
const mistakes = new Map(
  Object.entries(refused).flatMap(([name, text]) =>
    text
      .split('\n')
      .flatMap((line, i) => (line.startsWith(directive) ? [[`${name}:${i + 2}`, line.slice(directive.length)]] : [])),
  ) as [string, string][],
)

/** What tsc prints, by its place. */
function byPlace(output: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const part of output.split(/^(?=\S)/m)) {
    const [, file, line, message] = /^(\S+)\((\d+),\d+\): error (TS\d+: .*)$/s.exec(part.trimEnd()) ?? []
    if (message === undefined) throw new Error(`tsc printed: ${part}`)
    const place = `${file}:${line}`
    found.set(place, found.has(place) ? `${found.get(place)}\n${message}` : message)
  }
  return found
}

describe('what tsc says without the directives', () => {
  let found: Map<string, string>

  beforeAll(async () => {
    const bare = Object.entries(refused).map(([name, text]) => [name, text.replaceAll(directive, '// ')])
    found = byPlace(await tsc({ ...shared, ...Object.fromEntries(bare) }))
  }, 60_000)

  /** The message for the mistake of this name. */
  const message = (reason: string): string => {
    const places = [...mistakes].filter(([, it]) => it === reason).map(([place]) => place)
    expect(places, `one mistake is named "${reason}"`).toHaveLength(1)
    return found.get(places[0] as string) ?? ''
  }

  test('it refuses each mistake at its line, and no other line', () => {
    expect(mistakes.size).toBeGreaterThan(40)
    expect([...found.keys()].sort()).toEqual([...mistakes.keys()].sort())
  })

  test('no message shows a type that is any', () => {
    const showing = [...found].filter(([, text]) => /Value<any>|Wire<any>|Ref<any>/.test(text))
    expect(showing).toEqual([])
  })

  test('a missing field is named', () => {
    expect(message('a required field is missing')).toContain("Property 'text' is missing in type '{}'")
    expect(message("a pipeline's required input is missing")).toContain("Property 'text' is missing")
    expect(message('a field is missing in an item of a literal list')).toContain("Property 'deep' is missing")
  })

  test('an unknown field is named', () => {
    expect(message('a field that the input does not have')).toContain("'extra' does not exist")
    expect(message('a field that the output does not have')).toMatch(/'txt' does not exist .* Did you mean 'text'\?/)
    expect(message('a field that an item does not have')).toContain("'y' does not exist")
    expect(message("a field that a pipeline's input does not have")).toContain("Did you mean to write 'words'?")
  })

  test('a wrong type is told as the types of the values', () => {
    expect(message('a number for a string')).toBe(
      [
        "TS2322: Type 'Value<number>' is not assignable to type 'Wire<string>'.",
        "  Type 'Value<number>' is not assignable to type 'Value<string>'.",
        "    Type 'number' is not assignable to type 'string'.",
      ].join('\n'),
    )
    expect(message('a literal that the enum does not have')).toContain(`"medium"' is not assignable`)
    expect(message('two list levels for one')).toContain("Type 'string[]' is not assignable to type 'string'")
  })

  test('a value that may be absent is told as undefined', () => {
    const absent = "Type 'undefined' is not assignable to type 'string'"
    expect(message('an optional string for a required one')).toContain(absent)
    expect(message('a when without else for a required field')).toContain(absent)
    expect(message('a field of a when without else for a required field')).toContain(absent)
    expect(message('map over a list that a when without else gives')).toContain("'undefined' is not assignable")
  })

  test("failures: 'allow' is told as null", () => {
    const whole = "the list of a map with failures: 'allow' for a whole list"
    expect(message(whole)).toContain("Type 'null' is not assignable to type 'string'")
  })

  test('media types appear', () => {
    const media = `Type '"image/png"' is not assignable to type '"text/csv"'`
    expect(message('another media type')).toContain(media)
    expect(message('another media type in a list')).toContain(media)
    expect(message('bytes for a media type')).toContain('"application/octet-stream"')
    expect(message('an input file of another media type passed on')).toContain('"image/png"')
  })

  test('file and folder appear', () => {
    expect(message('a folder for a file')).toContain(`Type '"folder"' is not assignable to type '"file"'`)
    expect(message('context.folder for a file')).toContain(`Type '"folder"' is not assignable to type '"file"'`)
    expect(message('context.file for a folder')).toContain(`Type '"file"' is not assignable to type '"folder"'`)
  })

  test('an async build is told what to do', () => {
    const sentence = 'build must be synchronous: stages run later, so there is nothing to await'
    expect(message('an async build')).toContain(sentence)
  })

  test('what a list and a scalar to come do not have is named, with the type to come', () => {
    expect(message('a method of an array on a list to come')).toContain(
      "'map' does not exist on type 'Value<string[]>'",
    )
    expect(message('the length of a string to come')).toContain("'length' does not exist on type 'Value<string>'")
    expect(message('a loop over a list to come')).toContain("'[Symbol.iterator]()'")
    expect(message('a comparison of a number to come')).toContain("Operator '>' cannot be applied")
  })

  test('a wrong output of run is told by its field', () => {
    expect(message('run gives another type')).toContain("Types of property 'text' are incompatible")
    expect(message('run gives another type')).toContain("Type 'number' is not assignable to type 'string'")
  })

  test('a wrong word of a command is told by its place', () => {
    expect(message('a field that the input of a command does not have')).toContain("'typo' does not exist")
    expect(message('a field that the output of a command does not have')).toContain("'typo' does not exist")
    expect(message('undefined among the words')).toContain("Type 'undefined' is not assignable to type 'WordEntry'")
    expect(message('each of a number')).toContain("'number' is not assignable to type")
    expect(message('given of an output')).toContain("missing in type 'OutputPlace'")
  })

  test('a wrong option is named', () => {
    expect(message('an option that a stage does not have')).toContain("'retry' does not exist")
    expect(message('.with an option that is not known')).toContain("'retrys' does not exist")
    expect(message('a resource that is not known')).toContain("Did you mean to write 'gpu'?")
    expect(message('memory in a unit that is not known')).toContain('number}Gi`')
    expect(message('a type of GPU without a count')).toContain("Property 'count' is missing")
    expect(message('a timeout in words')).toContain('number}m`')
  })
})

test('all cases hold in a project that sets nothing but strict', { timeout: 60_000 }, async () => {
  const loose = { exactOptionalPropertyTypes: false, noUncheckedIndexedAccess: false, verbatimModuleSyntax: false }
  expect(await tsc({ ...shared, ...refused, ...inferred }, loose)).toBe('')
})
