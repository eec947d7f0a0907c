import { readSync } from 'node:fs'

const clock = new Int32Array(new SharedArrayBuffer(4))

/** Waits for a line of a pipe; undefined at its end. */
export function readLineNow(fd: number): string | undefined {
  const line: Buffer[] = []
  for (;;) {
    const byte = Buffer.allocUnsafe(1)
    if (read(fd, byte) === 0) return undefined
    if (byte[0] === 10) return Buffer.concat(line).toString()
    line.push(byte)
  }
}

function read(fd: number, into: Buffer): number {
  for (;;) {
    try {
      return readSync(fd, into)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      Atomics.wait(clock, 0, 0, 1)
    }
  }
}
