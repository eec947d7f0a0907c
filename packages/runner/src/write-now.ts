import { writeSync } from 'node:fs'

const clock = new Int32Array(new SharedArrayBuffer(4))

/**
 * Writes all of a text before it returns: a stage that prints faster than its parent reads waits, instead of holding
 * what it printed in memory. A reader that is gone is no error.
 */
export function writeNow(fd: number, text: string): void {
  for (let bytes = Buffer.from(text); bytes.length > 0; ) {
    try {
      bytes = bytes.subarray(writeSync(fd, bytes))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return
      Atomics.wait(clock, 0, 0, 1)
    }
  }
}
