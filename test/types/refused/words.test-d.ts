// Each line under a directive is one mistake that tsc must refuse: words of a command, and their placeholders.
import { container, file, python } from 'millrace'
import { z } from 'zod'
import { nothing } from '../stages.ts'

const input = z.object({ csv: file('text/csv'), n: z.number(), note: z.string().optional(), list: z.array(z.string()) })
const output = z.object({
  n: z.number(),
  more: z.object({ x: z.number() }),
  list: z.array(z.object({ a: z.string() })),
})
const both = { input, output, image: 'busybox' }
const script = new URL('./a.py', import.meta.url)

// @ts-expect-error a boolean among the words
container('c', { ...both, command: ['a', true] })

// @ts-expect-error undefined among the words
container('c', { ...both, command: () => ['a', undefined] })

// @ts-expect-error a list in a joined word
container('c', { ...both, command: ['a', ['b', ['c']]] })

// @ts-expect-error a field that the input of a command does not have
container('c', { ...both, command: ({ input }) => ['a', input.typo] })

// @ts-expect-error a field that the output of a command does not have
container('c', { ...both, command: ({ output }) => ['a', output.typo] })

// @ts-expect-error the path of a file to come
container('c', { ...both, command: ({ input }) => ['a', input.csv.path] })

// @ts-expect-error the whole output
container('c', { ...both, command: ({ output }) => ['a', output] })

// @ts-expect-error a field of each item of a list to write
container('c', { ...both, command: ({ output }) => ['a', output.list.a] })

// @ts-expect-error given of an output
container('c', { ...both, command: ({ output, given }) => ['a', given(output.n, ['b'])] })

// @ts-expect-error given inside of a word
container('c', { ...both, command: ({ input, given }) => ['a', [given(input.note, ['b'])]] })

// @ts-expect-error each of a number
container('c', { ...both, command: ({ input, each }) => ['a', each(input.n, (one) => [one])] })

// @ts-expect-error a list of a command spread
container('c', { ...both, command: ({ input }) => ['a', ...input.list] })

// @ts-expect-error a method of a list of a command
container('c', { ...both, command: ({ input }) => ['a', ...input.list.map((one: string) => one)] })

// @ts-expect-error an async command
container('c', { ...both, command: async () => ['a'] })

// @ts-expect-error a command that is a text
container('c', { ...both, command: () => 'a' })

// @ts-expect-error a stage in a command
container('c', { ...both, command: () => ['a', nothing] })

// @ts-expect-error a placeholder of the output in args that is not there
python('p', { input, output, script, args: ({ output }) => [output.more.y] })

// @ts-expect-error a path in include
python('p', { input, output, script, include: ['./a.py'] })
