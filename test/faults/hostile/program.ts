import type { Form } from './form.ts'

/** How the stages around the hostile ones stand. */
export interface Around {
  /** Whether the hostile stages run in processes of their own. */
  readonly apart: boolean
  /** In the items of a map that allows failures, or beside all others. */
  readonly inMap: boolean
  /** Whether the hostile calls are the first that are made. */
  readonly first: boolean
  /** Whether one of the well-behaved stages runs in a process of its own. */
  readonly besideApart: boolean
  /** Milliseconds that the well-behaved take. */
  readonly waits: readonly number[]
}

const imports = `
import { exec, execFileSync, fork, spawn } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { closeSync, createReadStream, createWriteStream, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, rmdirSync, symlinkSync, watch, writeFileSync, writeSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { file, folder, stage } from 'millrace'
import { z } from 'zod'
`

// what it does once the stage has ended, of which the stage after it tells
const late = `
const late = (it: string, act: () => void) => {
  const timer = setInterval(() => {
    if (!(globalThis as any).over?.[it]) return
    clearInterval(timer)
    act()
  }, 5).unref()
}
`

const hostile = ({ name, run, input, output, more }: Form, i: number, apart: boolean): string => `
export const h${i} = stage('${name}', {
  input: ${input ?? 'z.object({ n: z.int() })'},
  output: ${output ?? 'z.object({ n: z.int() })'},
  ${apart ? "isolate: 'process'," : ''} ${more ? `${more},` : ''}
  run: async (input: any, context: any): Promise<any> => {
    let { n } = input
    const self = '${name}'
    // some begin with a parenthesis
    console.log('hostile speaks');
    ${run}
  },
})`

/** The hostile stages, each called with \`n: 7\`. */
export const stagesText = (forms: readonly Form[], apart: boolean): string =>
  `${imports}${late}\n${forms.map((form, i) => hostile(form, i, apart)).join('\n')}\n`

const neighbour = (name: string, wait: number, more = '', first = ''): string => `
export const ${name} = stage('${name}', {
  input: z.object({ n: z.int(), row: z.any().optional() }),
  output: z.object({ n: z.int(), row: z.any() }),
  ${more}
  run: async ({ n, row }, context) => {
    ${first}
    await sleep(${wait})
    console.log('${name} ' + n)
    context.metric('n', n)
    return { n: n + 1, row: row ?? { list: [n, 0.5, -3], text: 'é\\u2028 "' + n, empty: {}, none: null } }
  },
})`

/** The pipeline around them; its own output tells what the well-behaved made. */
export function programText(forms: readonly Form[], around: Around): string {
  const { inMap, first, besideApart, waits } = around
  const wait = (i: number) => waits[i % waits.length] as number
  const call = (i: number, n: string, row: string) =>
    `const bad${i} = h${i}({ n: ${n}, ${forms[i]?.input?.includes('row:') ? `row: ${row}` : ''} } as any) as any
     gate${i}.with({ after: [bad${i}] })({ n: 80 })`
  const calls = (n: string, row: string) => forms.map((_, i) => `{ ${call(i, n, row)} }`).join('\n')
  const top = inMap ? '' : calls('start.n', 'start.row')
  const inItem = inMap
    ? `when(item.bad, () => { ${calls('item.n', 'item.row')}; return { n: item.n } }, () => ({ n: item.n }))`
    : ''
  return `
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { file, main, map, pipeline, stage, when } from 'millrace'
import { z } from 'zod'
import { ${forms.map((_, i) => `h${i}`).join(', ')} } from './stages.ts'
${neighbour('early', 0)}
${neighbour('beside', wait(0), besideApart ? "isolate: 'process'," : '')}
${neighbour('patient', wait(1) + 60)}
${neighbour('later', wait(2))}
${neighbour('item', wait(3))}
${forms.map(({ name }, i) => neighbour(`gate${i}`, 30, '', `((globalThis as any).over ??= {})['${name}'] = true`)).join('\n')}
export const writes = stage('writes', {
  input: z.object({ n: z.int() }), output: z.object({ f: file() }),
  run: async ({ n }, context) => { const f = context.file('rows.csv'); writeFileSync(f.path, 'row ' + n); await sleep(${wait(4)}); return { f } },
})
export const reads = stage('reads', {
  input: z.object({ f: file() }), output: z.object({ text: z.string() }),
  run: ({ f }) => {
    const bytes = readFileSync(f.path)
    if ('sha256:' + createHash('sha256').update(bytes).digest('hex') !== f.digest) throw new Error('other bytes')
    return { text: bytes.toString() }
  },
})
const given = z.object({ n: z.int(), bad: z.boolean(), row: z.object({ list: z.array(z.int()) }) })
export const p = pipeline('p', {
  input: z.object({ items: z.array(given).default([7, 20].map((n) => ({ n, bad: n === 7, row: { list: [n] } }))) }),
  build: ({ items }) => {
    const start = early({ n: 6 })
    ${first ? top : ''}
    const side = beside({ n: start.n, row: start.row })
    const waited = patient({ n: 40 })
    const last = later.with({ after: [waited] })({ n: side.n, row: side.row })
    const text = reads({ f: writes({ n: side.n }).f }).text
    ${first ? '' : top}
    const rows = map(items, (item) => {
      const made = itemStage({ n: item.n })
      ${inItem}
      return made
    }, { failures: 'allow' })
    return { side, waited, last, text, rows }
  },
})
const itemStage = item
process.on('exit', () => writeFileSync(join(import.meta.dirname, 'peak'), String(process.resourceUsage().maxRSS)))
main(import.meta, p)
`
}
