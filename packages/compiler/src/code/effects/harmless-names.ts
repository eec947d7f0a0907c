const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/))

/** Packages whose functions only make something of their arguments, and call no function among these at once. */
const makers = new Set(['zod', 'zod/v4', 'zod/mini', 'zod/v4-mini', 'zod/v3', 'millrace', '@millrace/sdk'])
const zodEffects = words('config register add remove clear setErrorMap globalRegistry')

/** Builtins, with the names that may be called; of those without a list all. */
const builtins: Readonly<Record<string, ReadonlySet<string> | undefined>> = {
  path: undefined,
  'path/posix': undefined,
  url: undefined,
  os: words('arch availableParallelism cpus endianness freemem homedir hostname platform release tmpdir totalmem type'),
  util: words('format inspect promisify parseArgs styleText stripVTControlCharacters isDeepStrictEqual types'),
  crypto: words('createHash createHmac randomUUID randomBytes randomInt hash getHashes'),
  fs: words('readFileSync existsSync readdirSync statSync lstatSync realpathSync accessSync'),
  'fs/promises': words('readFile readdir stat lstat realpath access'),
  module: words('createRequire isBuiltin'),
  process: words('cwd hrtime uptime memoryUsage'),
  buffer: words('Buffer'),
  events: words('EventEmitter'),
  perf_hooks: words('performance'),
  async_hooks: words('AsyncLocalStorage'),
}

/** Global functions of the same kind; of the names that end in a dot all. */
const globals = words(
  `Math. Number Number. String String. Boolean Symbol Symbol. BigInt BigInt. RegExp URL URL. URLSearchParams Date Date.
  Map Map. Set WeakMap WeakSet WeakRef TextEncoder TextDecoder Array Array. Object.freeze Object.keys Object.values
  Object.entries Object.fromEntries Object.create Object.is Object.hasOwn Object.getOwnPropertyNames Object.groupBy
  Object Error TypeError RangeError SyntaxError AggregateError parseInt parseFloat isNaN isFinite encodeURIComponent
  decodeURIComponent encodeURI decodeURI btoa atob JSON. Promise. Reflect.ownKeys Reflect.has structuredClone Intl.
  Buffer. Uint8Array Uint8Array. Uint16Array Uint32Array Int8Array Int16Array Int32Array Float32Array Float32Array.
  Float64Array Float64Array. BigInt64Array ArrayBuffer DataView EventTarget AbortController AbortSignal. Headers Blob
  performance.now process.cwd process.hrtime process.uptime process.memoryUsage crypto.randomUUID`,
)

/** Methods that change nothing, whatever has them. */
const calm = words(
  `map filter reduce reduceRight slice concat join includes indexOf lastIndexOf find findIndex findLast findLastIndex
  some every flat flatMap keys values entries at toSorted toReversed toSpliced split trim trimStart trimEnd toUpperCase
  toLowerCase replace replaceAll padStart padEnd repeat startsWith endsWith matchAll charAt charCodeAt codePointAt
  normalize localeCompare substring toString toFixed toPrecision toLocaleString valueOf getTime getFullYear toISOString
  toJSON`,
)
/** Of values of the language only. */
const calmOfBuiltins = words('get has match test exec search forEach then catch finally next getMonth getDate with')
/** These give something that is in what they are called on. */
const giveItems = words('find findLast at reduce reduceRight get next then catch finally valueOf')
/** Methods that change what they are called on and nothing else. */
const changeThemselves = words('push pop shift unshift splice sort reverse fill set add delete clear append')
/** Where functions stand that are called at once. */
const callFirst = words(
  `map filter reduce reduceRight find findIndex findLast findLastIndex some every flatMap forEach sort toSorted then
  catch finally Promise`,
)
const callSecond = words('then from parse stringify replace replaceAll groupBy')

export const isPureFactory = (specifier: string | undefined): boolean => makers.has(specifier ?? '')

/** Whether what a package like zod has made may be called by a name. */
export const isPureFactoryCall = (path: readonly string[]): boolean => !path.some((name) => zodEffects.has(name))

/** @param path of what is called in a builtin module; its default export is the module again */
export function isBuiltinCall(specifier: string, path: readonly string[]): boolean {
  const of = specifier.replace(/^node:/, '')
  const [name = ''] = path[0] === 'default' ? path.slice(1) : path
  return Object.hasOwn(builtins, of) && (builtins[of]?.has(name) ?? true)
}

export const isGlobalCall = ([first = '', second = '']: readonly string[]): boolean =>
  globals.has(second === '' ? first : `${first}.`) || globals.has(`${first}.${second}`)

export const isPureMethod = (name: string, ofBuiltin: boolean): boolean =>
  calm.has(name) || (ofBuiltin && calmOfBuiltins.has(name))

export const givesItem = (name: string): boolean => giveItems.has(name)
export const changesItself = (name: string): boolean => changeThemselves.has(name)

/** Whether a function of the language calls the function at a place of its arguments. */
export const callsArgument = (name: string, place: number): boolean =>
  (place === 0 && callFirst.has(name)) || (place === 1 && callSecond.has(name))
