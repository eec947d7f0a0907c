import type { IncomingMessage } from 'node:http'

/**
 * The text of an answer, or its beginning where it is longer than anybody wants.
 *
 * @param most bytes
 */
export async function bodyOf(answer: IncomingMessage, most: number): Promise<{ text: string; whole: boolean }> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of answer as AsyncIterable<Buffer>) {
    pieces.push(piece)
    size += piece.length
    // leaving the loop ends the connection
    if (size > most) return { text: Buffer.concat(pieces).subarray(0, most).toString(), whole: false }
  }
  return { text: Buffer.concat(pieces).toString(), whole: true }
}
