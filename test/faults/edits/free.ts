import type { Kind } from './kind.ts'

const P = 'program.ts'
const packed =
  "export const packed = stage('packed', { input: N, output: N, run: ({ n }) => ({ n: shift(round(n)) }) })\n"
const extra = "export const extra = stage('extra', { input: N, output: N, run: ({ n }) => ({ n: n + 1 }) })\n"
const words = "const words = (): string => readFileSync(new URL('./data/words.txt', import.meta.url), 'utf8').trim()\n"

/** Edits of how code is written. */
const form: readonly Kind[] = [
  { name: 'a comment', edit: [[P, 'run: ({ n }: Named)', '// about it\n  run: /* here */ ({ n }: Named)']] },
  { name: 'a comment in a helper', edit: [['lib/times.ts', 'export', '/** Multiplies. */\nexport']] },
  { name: 'a comment in a module that is imported on demand', edit: [['lib/late.ts', 'export', '// later\nexport']] },
  { name: 'white space', edit: [[P, 'input: z.object({ of: file', 'input:\n    z.object( {of : file']] },
  { name: 'line ends of Windows', everywhere: (text) => text.replaceAll('\n', '\r\n') },
  { name: 'tabs', everywhere: (text) => text.replaceAll('\n  ', '\n\t\t') },
  { name: 'quotes and semicolons', edit: [[P, "import { z } from 'zod'\n", 'import { z } from "zod";\n']] },
  { name: 'parentheses', edit: [[P, 'n: n * by + offset', 'n: (n * by) + (offset)']] },
  {
    name: 'parentheses around a call',
    edit: [[P, "readFileSync(of.path, 'utf8').length", "(readFileSync(of.path, 'utf8')).length"]],
  },
  { name: 'a JSON file in another format', edit: [['settings.json', '{ ', '{\n\n  ']] },
]

/** Edits of types. */
const types: readonly Kind[] = [
  { name: 'a type', edit: [[P, 'readonly n: number }', 'readonly n: number & {} }']] },
  { name: 'a cast', edit: [['lib/late.ts', 'n + 1', '(n as number) + (1 satisfies number)']] },
  {
    name: 'an import of a type',
    edit: [
      [P, 'type Named', "import type { Kind } from './lib/kind.ts'\ntype Also = Kind\ntype Named"],
      ['lib/kind.ts', undefined, 'export type Kind = 1\nthrow new Error("only for types")\n'],
    ],
  },
  {
    name: 'an option of TypeScript',
    edit: [['tsconfig.json', '"strict": true', '"strict": false, "target": "es2022"']],
  },
]

/** Edits of what no stage that is called uses. */
const others: readonly Kind[] = [
  { name: 'a helper that nothing uses', edit: [['lib/double.ts', 'n * 7', 'n * 8']] },
  { name: 'a constant that nothing reads', edit: [[P, 'unread = 1', 'unread = 2']] },
  {
    name: 'constants that only make something',
    edit: [
      [
        P,
        'type Named',
        `const table = new Map([['a', 1]])
const squares = [...table.values(), 2].map((x) => x * x)
export const Idle = N.extend({ squares: z.array(z.number()).default(squares) })
class Idler {
  static readonly made = new Set(squares)
}
type Named`,
      ],
    ],
  },
  {
    name: 'a stage of a factory that is not called',
    edit: [
      [P, 'export const made = make(3)', 'export const made = make(3)\nexport const idler = make(words().length)'],
    ],
  },
  {
    name: 'a stage that is not called',
    edit: [
      [
        P,
        'type Named',
        "export const idle = stage('idle', { input: N, output: N, run: ({ n }) => ({ n: double(n) }) })\ntype Named",
      ],
    ],
  },
  {
    name: 'a module that nothing uses',
    edit: [
      [P, 'import { N }', "import { unneeded } from './lib/unneeded.ts'\nimport { N }"],
      ['lib/unneeded.ts', undefined, "import { N } from './schemas.ts'\nexport const unneeded = [N, Math.max(1, 2)]\n"],
    ],
  },
  {
    name: 'the source of a package that nothing uses',
    edit: [['node_modules/other/index.js', 'export', '// the same\nexport']],
  },
  { name: 'the version of a linked package', edit: [['linked/shared/package.json', '1.0.0', '2.0.0']] },
  { name: 'a linked package, where nothing uses it', edit: [['linked/shared/index.js', 'other = 1', 'other = 2']] },
  {
    name: "the program's own package.json",
    edit: [['package.json', '"1.0.0"', '"1.0.1", "scripts": { "run": "node program.ts" }']],
  },
  { name: 'a file beside the program', edit: [['README.md', 'A program', 'The program']] },
  { name: 'a file beside an asset', edit: [['data/notes.md', undefined, 'notes\n']] },
  { name: 'a lock file', edit: [['package-lock.json', undefined, '{ "lockfileVersion": 3 }\n']] },
  { name: 'a variable that no stage declares', variables: { ELSEWHERE: '1' } },
]

/** The same code elsewhere. */
const moves: readonly Kind[] = [
  { name: 'the folder', place: 'moved/to/there' },
  { name: 'an import through a barrel', edit: [[P, "from './lib/double.ts'", "from './lib/index.ts'"]] },
  {
    name: 'an import of all names',
    edit: [
      [P, "import { shift } from 'shared'", "import * as shared from 'shared'"],
      [P, 'shift(round(n))', 'shared.shift(round(n))'],
    ],
  },
  {
    name: 'imports in another order',
    loading: 'order',
    edit: [
      [
        P,
        "import { double } from './lib/double.ts'\nimport { N } from './lib/schemas.ts'\nimport { tally } from './stages/tally.ts'\n",
        "import { tally } from './stages/tally.ts'\nimport { N } from './lib/schemas.ts'\nimport { double } from './lib/double.ts'\n",
      ],
    ],
  },
  {
    name: 'a helper in a file of another name',
    edit: [
      ['lib/double.ts', './times.ts', './product.ts'],
      ['lib/index.ts', './times.ts', './product.ts'],
      ['lib/times.ts', 'export const times = (a: number, b: number): number => a * b\n', undefined],
      ['lib/product.ts', undefined, 'export const times = (a: number, b: number): number => a * b\n'],
    ],
  },
  {
    name: 'a constant in a file of its own',
    edit: [
      [P, 'const offset = 0\n', "import { offset } from './lib/offset.ts'\n"],
      ['lib/offset.ts', undefined, 'export const offset = 0\n'],
    ],
  },
  {
    name: 'a helper in a file of its own',
    edit: [
      [P, words, "import { words } from './lib/words.ts'\n"],
      [
        'lib/words.ts',
        undefined,
        `import { readFileSync } from 'node:fs'\nexport ${words.replace('./data', '../data')}`,
      ],
    ],
  },
  {
    name: 'a stage in a file of its own',
    loading: 'order',
    edit: [
      [P, packed, "import { packed } from './stages/packed.ts'\n"],
      [P, "import { round } from 'dep'\nimport { shift } from 'shared'\n", ''],
      [
        'stages/packed.ts',
        undefined,
        `import { stage } from 'millrace'\nimport { round } from 'dep'\nimport { shift } from 'shared'\nimport { N } from '../lib/schemas.ts'\n${packed}`,
      ],
    ],
  },
  {
    name: 'definitions in another order',
    edit: [
      [P, extra, ''],
      [P, 'const offset = 0', `${extra}const offset = 0`],
    ],
  },
  {
    name: 'the name of the variable that holds a stage',
    edit: [
      [P, 'export const late ', 'export const later '],
      [P, '= late(', '= later('],
      [P, 'const later = later(', 'const eventually = later('],
      [P, 'later: later.n', 'later: eventually.n'],
    ],
  },
  {
    name: 'the name under which a stage is exported',
    edit: [[P, 'export const count ', 'export { count as counting, count as default }\nconst count ']],
  },
]

/** Kinds of edit after which nothing runs. */
export const free: readonly Kind[] = [...form, ...types, ...others, ...moves]
