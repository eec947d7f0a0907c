import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LogLine } from '@millrace/ir'
import { ForeignFolder } from '@millrace/store'
import { expect, onTestFinished, test } from 'vitest'
import { AttemptLog, type HeldLogs } from '../src/driver/attempt-log.ts'

/** A log that a stage may write to, and who follows it. */
function log(held: HeldLogs = { bytes: 0 }) {
  const root = mkdtempSync(join(tmpdir(), 'millrace-log-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  const told: LogLine[] = []
  const kept = join(root, 'kept.log')
  const followed = new AttemptLog(
    () => kept,
    (line) => told.push(line),
    held,
  )
  const look = (over: boolean): void => {
    const folder = ForeignFolder.open(root) as ForeignFolder
    try {
      followed.look(folder, over)
    } finally {
      folder.close()
    }
  }
  const put = (text: string, lines: string): void => {
    appendFileSync(join(root, 'log.jsonl'), lines)
    appendFileSync(join(root, 'log.txt'), text)
  }
  return { look, put, told, held, kept: () => readFileSync(kept, 'utf8'), root }
}

const lineOf = (at: number, message: string, data?: unknown): readonly [string, string] => {
  const text = data === undefined ? `${message}\n` : `${message} ${JSON.stringify(data)}\n`
  return [text, `${JSON.stringify({ at, size: Buffer.byteLength(text), level: 'warn', message, data })}\n`]
}

test.each([false, true])('what is logged is told with its data, however much of it there is at once (%s)', (over) => {
  const { look, put, told, held, kept } = log()
  const expected: LogLine[] = []
  let [text, lines, at] = ['', '', 0]
  for (let i = 0; i < 8000; i++) {
    const data = i % 3 === 0 ? { i, tags: [[], { a: '€\n' }] } : undefined
    const [one, line] = lineOf(at, i % 5 === 0 ? `two\n${i} lines` : `line ${i} €`, data)
    const message = (JSON.parse(line) as LogLine).message
    expected.push({ level: 'warn', message, ...(data === undefined ? {} : { data }) })
    text += `${one}printed ${i}\n`
    at += Buffer.byteLength(`${one}printed ${i}\n`)
    lines += line
    expected.push({ level: 'info', message: `printed ${i}` })
  }
  put(text, lines)
  let looks = 0
  for (; !over && told.length < expected.length && looks < 100; looks++) look(false)
  look(true)
  expect(told).toEqual(expected)
  expect(kept() === text).toBe(true)
  expect(held).toEqual({ bytes: 0 })
  if (!over) expect(looks).toBeGreaterThan(1)
})

test('what a line says beside what a runner writes is not held', () => {
  const { look, put, told, held } = log()
  const trees = `[${'[],'.repeat(299_990)}0]`
  const lines = Array.from({ length: 12 }, (_, i) => `{"at":${i},"size":1,"level":"info","message":"","x":${trees}}\n`)
  put(`${'x'.repeat(8000)}\n`, lines.join(''))
  look(false)
  look(false)
  // not read to the end at once
  expect(told).toEqual([])
  for (let looks = 0; looks < 20; looks++) look(false)
  expect(told).toEqual([{ level: 'info', message: '' }])
  expect(held.bytes).toBeLessThan(12 * 200)
  look(true)
  expect(held).toEqual({ bytes: 0 })
})

test('of all logs together no more is held than a driver can bear; the rest is told as text', () => {
  const held = { bytes: 0 }
  const logs = Array.from({ length: 20 }, () => {
    const one = log(held)
    // it tells of a text that is not there yet
    const [text, line] = lineOf(1, 'm'.repeat(500_000))
    one.put('\n', line)
    one.look(false)
    one.put(text, '')
    return one
  })
  expect(held.bytes).toBeGreaterThan(15 * 2 ** 20)
  expect(held.bytes).toBeLessThan(16 * 2 ** 20)
  for (const { look } of logs) look(true)
  expect(held).toEqual({ bytes: 0 })
  const levels = logs.map(({ told }) => told.map(({ level, message }) => `${level} ${message.length}`))
  expect(levels).toEqual([...Array(16).fill(['info 0', 'warn 500000']), ...Array(4).fill(['info 0', 'info 65536'])])
})

test('lines that tell of a text that was told already are not held', () => {
  const { look, put, held, root } = log()
  put('\n'.repeat(10_000), '')
  look(false)
  put('last\n', '')
  writeFileSync(join(root, 'log.jsonl'), Array.from({ length: 9000 }, (_, i) => lineOf(i, '')[1]).join(''))
  look(false)
  expect(held).toEqual({ bytes: 0 })
})
