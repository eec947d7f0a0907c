/** What is done with a value to come as if it were there. */
export type Misuse =
  | { readonly is: 'awaited' | 'json' | 'text' | 'number' | 'iterated' | 'listed' | 'searched' }
  | { readonly is: 'assigned' | 'deleted'; readonly key: string }
  | { readonly is: 'called'; readonly method: string; readonly owner: string }

interface Wording {
  readonly how: string
  readonly fix: string
}

const listMethods = ['map', 'filter', 'forEach', 'flatMap', 'some', 'every', 'reduce', 'find', 'slice']

/** What is wrong with it, and the way out: in a build, or in the words of a stage. */
export const wording = (use: Misuse, name: string, inWords: boolean): Wording => {
  const when = inWords ? 'while the stage is defined' : 'while building'
  return { how: howOf(use, when), fix: inWords ? fixInWords(use, name) : fixInBuild(use, name) }
}

function howOf(use: Misuse, when: string): string {
  switch (use.is) {
    case 'awaited':
      return 'it can not be awaited'
    case 'json':
      return `it can not be put in JSON ${when}`
    case 'text':
    case 'number':
      return `it has no text or number ${when}`
    case 'iterated':
      return `it can not be iterated ${when}`
    case 'listed':
      return `it can not be spread or listed ${when}`
    case 'searched':
      return `it can not be tested with "in" ${when}`
    case 'assigned':
    case 'deleted':
      return `"${use.key}" can not be ${use.is}`
    case 'called':
      return 'it is not a function'
  }
}

function fixInBuild(use: Misuse, name: string): string {
  switch (use.is) {
    case 'awaited':
      return 'Remove the await: build only wires stages, which run later.'
    case 'json':
      return 'Give it to a stage and make the JSON there.'
    case 'text':
      return `Give ${name} to a stage and compute with it there.`
    case 'number':
      return `Compare it by is(${name}, '>=', …) in a when, or give it to a stage and compute with it there.`
    case 'iterated':
      return `Use map(${name}, (item) => …) instead.`
    case 'listed':
      return 'Name the fields that you need one by one.'
    case 'searched':
      return "Use when(is(…, '!==', undefined), () => …) instead."
    case 'assigned':
    case 'deleted':
      return 'Return the changed value from a stage instead.'
    case 'called':
      return listMethods.includes(use.method)
        ? `Use map(${use.owner}, (item) => …) instead.`
        : 'Call a stage with it instead.'
  }
}

function fixInWords(use: Misuse, name: string): string {
  switch (use.is) {
    case 'awaited':
      return 'Remove the await: the values come when the stage runs.'
    case 'json':
      return `Give ${name} itself as a word: what is no text becomes JSON.`
    case 'text':
      return `Put it in a list with its text, which is joined: ['--name=', ${name}].`
    case 'number':
      return 'Compute with it in the program that is called, or in a stage before.'
    case 'iterated':
      return `Use each(${name}, (item) => [ … ]) instead.`
    case 'listed':
      return 'Name the fields that you need one by one.'
    case 'searched':
      return 'Use given(…, [ … ]) instead.'
    case 'assigned':
    case 'deleted':
      return 'Compute the changed value in a stage before, and take it as an input.'
    case 'called':
      return listMethods.includes(use.method)
        ? `Use each(${use.owner}, (item) => [ … ]) instead.`
        : 'Give it as a word: what is no text becomes JSON.'
  }
}
