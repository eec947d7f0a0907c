import { visible } from './visible.ts'

/** Tells a person something, in lines on stderr. */
export const say = (text: string): void => void process.stderr.write(`${visible(text)}\n`)
