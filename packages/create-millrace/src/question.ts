import { createInterface } from 'node:readline'
import { CreateError } from './create-error.ts'

/** The user pressed Ctrl-C, or ended the input, in a question. */
export class Cancelled extends Error {}

/**
 * Asks until the answer can be used.
 *
 * @param read what an answer means; what it throws is shown
 * @throws Cancelled
 */
export async function ask<T>(question: string, initial: string, read: (answer: string) => T): Promise<T> {
  for (;;) {
    const answer = await line(`${question} (${initial}): `)
    try {
      return read(answer.trim() || initial)
    } catch (error) {
      if (!(error instanceof CreateError)) throw error
      process.stderr.write(String(error))
    }
  }
}

function line(prompt: string): Promise<string> {
  const reader = createInterface({ input: process.stdin, output: process.stdout })
  return new Promise((resolve, reject) => {
    const cancel = () => {
      process.stdout.write('\n')
      reject(new Cancelled())
    }
    reader.on('SIGINT', () => reader.close())
    reader.on('close', cancel)
    reader.question(prompt, (answer) => {
      reader.off('close', cancel)
      reader.close()
      resolve(answer)
    })
  })
}
