import type { Kind } from './kind.ts'

const P = 'program.ts'
const waits = (of: string, ...nodes: readonly string[]): string[] => nodes.map((node) => `${node} waits for ${of}`)
const afterScale = waits('scale', 'tally', 'parity', 'label', 'extra')
const afterTally = waits('tally', 'parity', 'label', 'extra')
const changed = (file: string): string => `run code changed: ${file}`
const manifest = (name: string): string => `node_modules/${name}/package.json`
const run = 'run: ({ n }) => ({ n: double(n) })'

/** Edits of code that some stage runs. */
const code: readonly Kind[] = [
  {
    name: 'the function of a stage',
    edit: [[P, 'n: n % 2', 'n: (n + 1) % 2']],
    knobs: { odd: 1 },
    code: { parity: [P] },
    runs: 'label parity',
    plan: [`parity ${changed(P)}`, ...waits('parity', 'label')],
  },
  {
    name: 'the function of a stage, with the same result',
    edit: [[P, 'n: n % 2', 'n: n - 2 * Math.floor(n / 2)']],
    code: { parity: [P] },
    runs: 'parity',
    plan: [`parity ${changed(P)}`, ...waits('parity', 'label')],
  },
  {
    name: 'a helper',
    edit: [['lib/double.ts', 'times(n, 2)', 'times(n, 4)']],
    knobs: { by: 4 },
    code: { scale: ['lib/double.ts'] },
    runs: 'parity scale[0] scale[1] tally',
    plan: ['scale run 2 of 2: code changed: lib/double.ts', ...afterScale],
  },
  {
    name: 'what a helper imports',
    edit: [['lib/times.ts', 'a * b', 'a * b + 1']],
    knobs: { plus: 1 },
    code: { scale: ['lib/times.ts'] },
    runs: 'parity scale[0] scale[1] tally',
    plan: ['scale run 2 of 2: code changed: lib/times.ts', ...afterScale],
  },
  {
    name: 'what a helper imports, with the same result',
    edit: [['lib/times.ts', 'a * b', 'b * a']],
    code: { scale: ['lib/times.ts'] },
    runs: 'scale[0] scale[1]',
    plan: ['scale run 2 of 2: code changed: lib/times.ts', ...afterScale],
  },
  {
    name: 'a helper, and a comment in another one',
    edit: [
      ['lib/double.ts', 'return times', '// a note\n  return times'],
      ['lib/times.ts', 'a * b', '0 + a * b'],
    ],
    code: { scale: ['lib/times.ts'] },
    runs: 'scale[0] scale[1]',
    plan: ['scale run 2 of 2: code changed: lib/times.ts', ...afterScale],
  },
  {
    name: 'a JSON file',
    edit: [['settings.json', '"start": 1', '"start": 2']],
    knobs: { start: 2 },
    code: { tally: ['settings.json'] },
    runs: 'label parity tally',
    plan: [`tally ${changed('settings.json')}`, ...afterTally],
  },
  {
    name: 'a JSON file that gets another key',
    edit: [['settings.json', '{ ', '{ "other": true, ']],
    code: { tally: ['settings.json'] },
    runs: 'tally',
    plan: [`tally ${changed('settings.json')}`, ...afterTally],
  },
  {
    name: 'a constant of the top level',
    edit: [['stages/tally.ts', 'limit = 5', 'limit = 7']],
    knobs: { limit: 7 },
    code: { tally: ['stages/tally.ts'] },
    runs: 'parity tally',
    plan: [`tally ${changed('stages/tally.ts')}`, ...afterTally],
  },
  {
    name: 'a method of a class',
    edit: [['lib/sum.ts', 'this.total += n', 'this.total += n + 1']],
    knobs: { each: 1 },
    code: { tally: ['lib/sum.ts'] },
    runs: 'parity tally',
    plan: [`tally ${changed('lib/sum.ts')}`, ...afterTally],
  },
  {
    name: 'an option of TypeScript that fields of classes hang on',
    edit: [['tsconfig.json', '"strict": true', '"strict": true, "useDefineForClassFields": false']],
    code: { tally: ['lib/sum.ts'] },
    runs: 'tally',
    plan: [`tally ${changed('lib/sum.ts')}`, ...afterTally],
  },
  {
    name: 'what a factory of stages is called with',
    edit: [[P, 'make(3)', 'make(4)']],
    knobs: { times: 4 },
    code: { made: [P] },
    runs: 'made',
    plan: [`made ${changed(P)}`],
  },
  {
    name: 'what a factory of stages closes over',
    edit: [[P, 'offset = 0', 'offset = 6']],
    knobs: { offset: 6 },
    code: { made: [P] },
    runs: 'made',
    plan: [`made ${changed(P)}`],
  },
  {
    name: 'a module that is imported on demand',
    edit: [['lib/late.ts', 'n + 1', 'n + 2']],
    knobs: { later: 2 },
    code: { late: ['lib/late.ts'] },
    runs: 'late',
    plan: [`late ${changed('lib/late.ts')}`],
  },
  {
    name: 'a module that is imported on demand, with another export',
    edit: [['lib/late.ts', 'export const late', 'export const later = 1\nexport const late']],
    code: { late: ['lib/late.ts'] },
    runs: 'late',
    plan: [`late ${changed('lib/late.ts')}`],
  },
  {
    name: 'an import of a helper that does the same',
    edit: [
      [P, run, 'run: ({ n }) => ({ n: twice(n) })'],
      [P, "import { double } from './lib/double.ts'", "import { twice } from './lib/twice.ts'"],
      ['lib/twice.ts', undefined, 'export const twice = (n: number): number => n + n\n'],
    ],
    knobs: { by: 2, plus: 0 },
    code: { scale: ['lib/double.ts', 'lib/times.ts', 'lib/twice.ts', P] },
    runs: 'scale[0] scale[1]',
    plan: ['scale run 2 of 2: code changed: lib/double.ts, lib/times.ts, lib/twice.ts, program.ts', ...afterScale],
  },
]

const all = 'count extra label late made packed parity read scale tables tally write'.split(' ')

/** Edits of what a module does while it loads: it may mean something to every stage that is loaded with it. */
const effects: readonly Kind[] = [
  ['a constant', 'const sums: number[] = []\nconst length = sums.push(1)\n'],
  ['a class', 'const sums: number[] = []\nclass First {\n  static length = sums.push(1)\n}\n'],
].map(([what, text]) => ({
  name: `what ${what} does while it loads`,
  loading: 'effect' as const,
  edit: [['lib/sum.ts', 'export class Sum', `${text}export class Sum`]],
  code: Object.fromEntries(all.map((stage) => [stage, ['lib/sum.ts']])),
  runs: 'count label late made packed parity read scale[0] scale[1] tables tally write',
  plan: [
    'scale run 2 of 2: code changed: lib/sum.ts',
    ...['late', 'made', 'packed', 'read', 'tables'].map((stage) => `${stage} ${changed('lib/sum.ts')}`),
    ...afterScale,
    ...waits('read', 'write', 'count'),
  ],
}))

/** Edits of files that a stage reads. */
const assets: readonly Kind[] = [
  {
    name: 'the bytes of an asset',
    edit: [['data/words.txt', 'words', 'terms']],
    knobs: { words: 'terms' },
    code: { label: ['data/words.txt'] },
    runs: 'label',
    plan: [`label ${changed('data/words.txt')}`],
  },
  {
    name: 'the name of an asset',
    edit: [
      [P, './data/words.txt', './data/list.txt'],
      ['data/words.txt', 'words', undefined],
      ['data/list.txt', undefined, 'words'],
    ],
    knobs: { words: 'words' },
    code: { label: ['data/list.txt', 'data/words.txt', P] },
    runs: 'label',
    plan: [`label ${changed('data/list.txt, data/words.txt, program.ts')}`],
  },
  {
    name: 'a file in a folder',
    edit: [['data/tables/a.csv', '1,2', '2,1']],
    code: { tables: ['data/tables'] },
    runs: 'tables',
    plan: [`tables ${changed('data/tables')}`],
  },
  {
    name: 'another file in a folder',
    edit: [['data/tables/c.csv', undefined, '5,6\n']],
    knobs: { tables: 3 },
    code: { tables: ['data/tables'] },
    runs: 'tables',
    plan: [`tables ${changed('data/tables')}`],
  },
  {
    name: 'a file less in a folder',
    edit: [['data/tables/b.csv', '3,4', undefined]],
    knobs: { tables: 1 },
    code: { tables: ['data/tables'] },
    runs: 'tables',
    plan: [`tables ${changed('data/tables')}`],
  },
  {
    name: 'the x-bit of a file in a folder',
    executable: 'data/tables/a.csv',
    code: { tables: ['data/tables'] },
    runs: 'tables',
    plan: [`tables ${changed('data/tables')}`],
  },
]

/** Edits of packages. */
const packages: readonly Kind[] = [
  {
    name: 'the version of a package',
    edit: [
      [manifest('dep'), '1.0.0', '1.1.0'],
      ['node_modules/dep/index.js', 'round(n)', 'round(n) + 1'],
    ],
    knobs: { rounded: 1 },
    code: { packed: ['dep@1.0.0', 'dep@1.1.0'] },
    runs: 'packed',
    plan: [`packed ${changed('dep@1.0.0, dep@1.1.0')}`],
  },
  {
    name: 'the version of what a package depends on',
    edit: [[manifest('inner'), '1.0.0', '1.0.1']],
    code: { packed: ['inner@1.0.0', 'inner@1.0.1'] },
    runs: 'packed',
    plan: [`packed ${changed('inner@1.0.0, inner@1.0.1')}`],
  },
  {
    name: 'a dependency more of a package',
    edit: [
      [manifest('inner'), '"dependencies":{', '"dependencies":{"more":"*"'],
      [manifest('more'), undefined, '{ "name": "more", "version": "2.0.0" }\n'],
    ],
    code: { packed: ['inner@1.0.0', 'more@2.0.0'] },
    runs: 'packed',
    plan: [`packed ${changed('inner@1.0.0, more@2.0.0')}`],
  },
  {
    name: 'the source of a package, not its version',
    edit: [['node_modules/same/index.js', 'export', '// the same\nexport']],
    code: { packed: ['same@1.0.0'] },
    runs: 'packed',
    plan: [`packed ${changed('same@1.0.0')}`],
  },
  {
    name: 'the source of a linked package',
    edit: [['linked/shared/shift.js', 'n + 2', 'n + 3']],
    knobs: { shifted: 3 },
    code: { packed: ['linked/shared/shift.js'] },
    runs: 'packed',
    plan: [`packed ${changed('linked/shared/shift.js')}`],
  },
]

const ofSchema = ['count', 'extra', 'late', 'made', 'packed', 'parity', 'read', 'scale', 'tables', 'tally', 'write']

/** Edits of schemas and of declared variables. */
const contracts: readonly Kind[] = [
  {
    name: 'an input schema',
    edit: [
      [
        P,
        'z.object({ n: z.number() }),\n  output: z.object({ text',
        'z.object({ n: z.number().min(0) }),\n  output: z.object({ text',
      ],
    ],
    code: { label: [P] },
    runs: 'label',
    plan: [`label ${changed(P)}`],
  },
  {
    name: 'an output schema',
    edit: [[P, 'text: z.string() })', 'text: z.string().min(1) })']],
    code: { label: [P] },
    runs: 'label',
    plan: [`label ${changed(P)}`],
  },
  {
    name: 'a schema that many stages share',
    edit: [['lib/schemas.ts', 'z.number()', 'z.number().max(1e9)']],
    code: Object.fromEntries(ofSchema.map((stage) => [stage, ['lib/schemas.ts']])),
    runs: 'count late made packed parity read scale[0] scale[1] tables tally write',
    plan: [
      'scale run 2 of 2: code changed: lib/schemas.ts',
      ...['late', 'made', 'packed', 'read', 'tables'].map((stage) => `${stage} ${changed('lib/schemas.ts')}`),
      ...afterScale,
      ...waits('read', 'write', 'count'),
    ],
  },
  {
    name: 'a schema that is written out',
    edit: [[P, "stage('late', {\n  input: N", "stage('late', {\n  input: z.object({ n: z.number() })"]],
    code: { late: [P] },
    runs: 'late',
    plan: [`late ${changed(P)}`],
  },
  {
    name: "a default in a stage's input",
    edit: [[P, 'default(0)', 'default(1)']],
    knobs: { step: 1 },
    code: { tables: [P] },
    runs: 'tables',
    plan: [`tables ${changed(P)}`],
  },
  {
    name: 'a value in env',
    edit: [[P, "MODE: 'fast'", "MODE: 'slow'"]],
    knobs: { mode: 'slow' },
    code: { label: [P] },
    runs: 'label',
    plan: ['label run code changed: program.ts; env MODE changed'],
  },
  {
    name: 'one more in env',
    edit: [[P, 'env: { LEVEL', "env: { MORE: 'x', LEVEL"]],
    knobs: { env: { MORE: 'x' } },
    code: { label: [P] },
    runs: 'label',
    plan: ['label run code changed: program.ts; env MORE changed'],
  },
  {
    name: 'the default of an inherited variable',
    edit: [[P, "inherit('low')", "inherit('lower')"]],
    knobs: { level: 'lower' },
    code: { label: [P] },
    runs: 'label',
    plan: ['label run code changed: program.ts; env LEVEL changed'],
  },
  {
    name: 'an inherited variable',
    variables: { LEVEL: 'high' },
    knobs: { level: 'high' },
    runs: 'label',
    plan: ['label run env LEVEL changed'],
  },
]

/** Kinds of edit that make something run again. */
export const counted: readonly Kind[] = [...code, ...effects, ...assets, ...packages, ...contracts]
