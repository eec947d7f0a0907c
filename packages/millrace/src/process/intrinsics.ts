/**
 * What the language and Node give, as it was when this package was loaded. The build puts these in the place of the
 * globals in all of our code (see build.ts): a stage that replaces one in this process, as fake timers and test doubles
 * do, does not change what becomes of the others.
 */
const given = globalThis

export const { parse, stringify } = given.JSON
export const { entries, fromEntries, keys, values } = given.Object
export const {
  Promise: PromiseNow,
  Date: DateNow,
  setTimeout: timeout,
  clearTimeout: noTimeout,
  setImmediate: soon,
} = given
export const clock = given.Date.now
export const now = given.performance.now.bind(given.performance)
export const all = given.Promise.all.bind(given.Promise)
export const { from: toBuffer, byteLength } = given.Buffer
