import { closeSync, constants, openSync, writeSync } from 'node:fs'

/** Bytes that Kubernetes keeps of it. */
const limit = 4096

/** The container's last word, where Kubernetes made a place for one. */
export function writeTermination(path: string, message: string): void {
  try {
    const fd = openSync(path, constants.O_WRONLY | constants.O_TRUNC)
    try {
      writeSync(fd, within(message))
    } finally {
      closeSync(fd)
    }
  } catch {
    // what matters is in the store and in the log
  }
}

/** No character is cut in two. */
function within(text: string): string {
  const bytes = Buffer.from(text)
  return bytes.length <= limit
    ? text
    : bytes
        .subarray(0, limit)
        .toString()
        .replace(/\uFFFD$/, '')
}
