import type { Kind } from './kind.ts'

const P = 'program.ts'
const afterTally = ['parity', 'label', 'extra'].map((node) => `${node} waits for tally`)
const afterScale = ['tally', 'parity', 'label', 'extra'].map((node) => `${node} waits for scale`)
const afterRead = ['write', 'count'].map((node) => `${node} waits for read`)
const list = 'default([1, 2])'

/** Edits of parameters. */
const parameters: readonly Kind[] = [
  {
    name: 'a parameter',
    args: ['--param', 'more=12'],
    knobs: { more: 12 },
    runs: 'parity tally',
    plan: ['tally run parameter "more" changed: 10 → 12', ...afterTally],
  },
  {
    name: 'the default of a parameter',
    edit: [[P, 'default(10)', 'default(11)']],
    knobs: { more: 11 },
    runs: 'label parity tally',
    plan: ['tally run parameter "more" changed: 10 → 11', ...afterTally],
  },
  {
    name: 'a parameter in a file',
    edit: [['more.json', undefined, '{ "more": 14 }\n']],
    args: ['--params', '<place>/more.json'],
    knobs: { more: 14 },
    runs: 'parity tally',
    plan: ['tally run parameter "more" changed: 10 → 14', ...afterTally],
  },
  { name: 'a parameter that is its default', args: ['--param', 'more=10'], knobs: { more: 10 } },
  {
    name: 'a longer list',
    args: ['--param', 'list=[1,2,3]'],
    knobs: { list: [1, 2, 3] },
    runs: 'parity scale[2] tally',
    plan: ['scale run 1 of 3: parameter "list" changed: [1,2] → [1,2,3]', ...afterScale],
  },
  {
    name: 'a list in another order',
    edit: [[P, list, 'default([2, 1])']],
    knobs: { list: [2, 1] },
    runs: 'tally',
    plan: ['tally run parameter "list" changed: [1,2] → [2,1]; input "ns": "scale" gave another result', ...afterTally],
  },
  {
    name: 'a shorter list',
    edit: [[P, list, 'default([1])']],
    knobs: { list: [1] },
    runs: 'parity tally',
    plan: ['tally run parameter "list" changed: [1,2] → [1]', ...afterTally],
  },
  {
    name: 'a list that holds the same twice',
    edit: [[P, list, 'default([1, 2, 5, 5])']],
    knobs: { list: [1, 2, 5, 5] },
    runs: 'parity scale[2] tally',
    plan: ['scale run 1 of 4: parameter "list" changed: [1,2] → [1,2,5,5]', ...afterScale],
  },
  {
    name: 'the bytes of an input file',
    edit: [['data/input.txt', 'input', 'inputs!']],
    knobs: { data: 'inputs!' },
    runs: 'count read write',
    plan: ['read run parameter "data" changed: sha256:c96c6d5b… → sha256:31ab4fcd…', ...afterRead],
  },
  {
    name: 'the bytes of an input file, with the same result',
    edit: [['data/input.txt', 'input', 'tupni']],
    knobs: { data: 'tupni' },
    runs: 'read',
    plan: ['read run parameter "data" changed: sha256:c96c6d5b… → sha256:a1b6522c…', ...afterRead],
  },
  {
    name: 'the name of an input file',
    edit: [
      [P, './data/input.txt', './data/given.txt'],
      ['data/input.txt', 'input', undefined],
      ['data/given.txt', undefined, 'input'],
    ],
    knobs: { data: 'input' },
  },
  {
    name: 'another file with the same bytes',
    edit: [['copy.txt', undefined, 'input']],
    args: ['--param', 'data=<place>/copy.txt'],
    knobs: { data: 'input' },
  },
]

/** Edits of what is called, and with what. */
const calls: readonly Kind[] = [
  {
    name: 'a value in a call',
    edit: [[P, 'made({ n: 5 })', 'made({ n: 6 })']],
    knobs: { made: 6 },
    runs: 'made',
    plan: ['made run input "n" changed: 5 → 6'],
  },
  {
    name: 'a call that reads another one',
    edit: [[P, 'tables({ n: 1 })', 'tables({ n: odd.n })']],
    knobs: { tablesFrom: 'parity' },
    runs: 'tables',
    plan: ['tables run input "n" is wired otherwise'],
  },
  {
    name: 'a default that is written out',
    edit: [[P, 'tables({ n: 1 })', 'tables({ n: 1, step: 0 })']],
    knobs: { tablesFrom: 'step' },
    runs: 'tables',
    plan: ['tables run input "step" is new'],
  },
  {
    name: 'a condition',
    edit: [[P, "'>', 100", "'>', 10"]],
    knobs: { threshold: 10 },
    runs: 'extra',
    plan: ['extra run it was skipped: tally.n > 100 is false'],
  },
  {
    name: 'a call more, before one of the same stage',
    edit: [[P, 'const tripled', 'made({ n: 9 })\n    const tripled']],
    knobs: { inserted: true },
    runs: 'made',
    plan: ['made run input "n" changed: 5 → 9'],
  },
  {
    name: 'a call more, in the middle of a chain',
    edit: [[P, 'label({ n: odd.n })', 'label({ n: extra({ n: odd.n }).n })']],
    knobs: { chained: true },
    runs: 'extra label',
    plan: ['extra run input "n" is wired otherwise', 'label waits for extra'],
  },
  {
    name: 'an equal call more',
    edit: [[P, 'const size', 'made({ n: 5 })\n    const size']],
    knobs: { twin: true },
  },
  {
    name: 'a call less',
    edit: [
      [P, '    const kept = packed({ n: 3 })\n', ''],
      [P, '      kept: kept.n,\n', ''],
    ],
    knobs: { kept: false },
  },
  {
    name: 'two calls in another order',
    edit: [
      [
        P,
        '    const kept = packed({ n: 3 })\n    const later = late({ n: 4 })\n',
        '    const later = late({ n: 4 })\n    const kept = packed({ n: 3 })\n',
      ],
    ],
  },
  {
    name: 'a call inside another pipeline',
    edit: [
      [P, 'const kept = packed({ n: 3 })', 'const kept = inner({ m: 3 })'],
      [
        P,
        'export const work',
        "export const inner = pipeline('inner', { input: z.object({ m: z.number() }), build: ({ m }) => packed({ n: m }) })\nexport const work",
      ],
    ],
    knobs: { wrapped: true },
  },
  {
    name: 'a call that waits for another one',
    edit: [[P, 'late({ n: 4 })', 'late.with({ after: [odd] })({ n: 4 })']],
    knobs: { after: true },
  },
  { name: 'a name in the output', edit: [[P, 'sum: sum.n', 'total: sum.n']], knobs: { total: 'total' } },
  {
    name: 'the name of the pipeline',
    edit: [[P, "pipeline('work'", "pipeline('job'"]],
    knobs: { pipeline: 'job' },
  },
  { name: 'the name of a stage', edit: [[P, "stage('packed'", "stage('bundled'"]], knobs: { packed: 'bundled' } },
]

/** Edits of how calls are made. */
const options: readonly Kind[] = [
  {
    name: 'cache: false',
    edit: [[P, "stage('late', {", "stage('late', {\n  cache: false,"]],
    knobs: { uncached: 'late' },
    runs: 'late',
    plan: ['late run cache: false, so it runs in every run'],
  },
  { name: 'resources', edit: [[P, 'resources: { cpu: 1 }', "resources: { cpu: 2, memory: '1Gi' }"]] },
  {
    name: 'retries and a timeout',
    edit: [[P, "stage('label', {", "stage('label', {\n  retries: 2,\n  timeout: '1m',"]],
  },
  { name: 'isolate', edit: [[P, "stage('read', {", "stage('read', {\n  isolate: 'process',"]] },
  {
    name: 'options of one call',
    edit: [[P, '= parity({', "= parity.with({ retries: 1, resources: { memory: '1Gi' } })({"]],
  },
  { name: 'concurrency', edit: [[P, 'scale({ n }).n)', 'scale({ n }).n, { concurrency: 1 })']] },
  {
    name: 'failures that are allowed',
    edit: [
      [P, 'scale({ n }).n)', "scale({ n }).n, { failures: 'allow' })"],
      ['stages/tally.ts', 'z.array(z.number())', 'z.array(z.number().nullable())'],
    ],
    code: { tally: ['stages/tally.ts'] },
    runs: 'tally',
    plan: ['tally run code changed: stages/tally.ts', ...afterTally],
  },
]

/** Kinds of edit of a pipeline, and of what it is run with. */
export const wired: readonly Kind[] = [...parameters, ...calls, ...options]
