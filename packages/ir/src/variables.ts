/** What is wrong with a variable of a stage, in words that follow its name, and what to do. */
export interface WrongVariable {
  readonly message: string
  readonly fix: string
}

/** Names that Millrace gives every stage a value for (contracts: stage). */
const ours = /^(MILLRACE_.*|JOB_COMPLETION_INDEX|HOME|TMPDIR)$/s
/** With these the process of a stage would not start, or not be ours; in this process they would do nothing. */
const ofStart = /^(PATH|NODE_OPTIONS|NODE_CHANNEL_FD|NODE_CHANNEL_SERIALIZATION_MODE|NODE_UNIQUE_ID)$/
/** What a stage sees of accelerators follows from what it asks for: here and in a pod others set these. */
const ofDevices = /^(CUDA|ROCR|HIP|NVIDIA)_VISIBLE_DEVICES$/

/** Bytes that one variable may have with its name, and all of a stage: Linux takes 128 KiB, an API server 1.5 MiB. */
const mostBytes = 128 * 1024
const mostBytesTogether = 256 * 1024

/** Why a stage can't have a variable of that name; `undefined` where it can. */
export function wrongVariableName(name: string): WrongVariable | undefined {
  if (name === '__proto__' || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    return { message: 'is no name of a variable', fix: 'Use letters, digits and _, with no digit first.' }
  if (ours.test(name)) return { message: 'is set by Millrace itself', fix: 'Leave it out, or give it another name.' }
  if (ofStart.test(name))
    return {
      message: 'decides how the process of a stage is started, and would do nothing in this one',
      fix: 'Leave it out, or give it another name and use it inside run.',
    }
  if (ofDevices.test(name))
    return { message: 'follows from the accelerators that a stage asks for', fix: 'Ask for them in resources.' }
  return undefined
}

/** Why a variable can't hold a value, the same in every place; `undefined` where it can. */
export function wrongVariableValue(name: string, value: string): WrongVariable | undefined {
  if (value.includes('\0')) return { message: 'holds a NUL character, which no variable can', fix: 'Leave it out.' }
  if (!value.isWellFormed()) return { message: 'is not well-formed Unicode', fix: 'Give whole characters.' }
  const bytes = bytesOf(...sentVariable(name, value))
  if (bytes <= mostBytes) return undefined
  return { message: `has ${kib(bytes)}; a variable may have ${kib(mostBytes)}`, fix: 'Put it in a file.' }
}

/** Why a stage can't have all these variables together; `undefined` where it can. */
export function tooMuchTogether(values: Iterable<readonly [name: string, value: string]>): WrongVariable | undefined {
  let bytes = 0
  for (const [name, value] of values) bytes += bytesOf(name, value)
  if (bytes <= mostBytesTogether) return undefined
  return {
    message: `has ${kib(bytes)}; all of it may have ${kib(mostBytesTogether)}`,
    fix: 'Put some of it in a file.',
  }
}

/**
 * Characters that some tool on the way of a manifest refuses, or takes for the end of a line: `kubectl apply -k` writes
 * them as they are, and can't read them then.
 */
const fragile = /[^\t\n\x20-\x7e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/gu
const sentPrefix = 'MILLRACE_TEXT_'

/** A variable as it is sent to a pod: one with such characters as JSON, under another name. */
export const sentVariable = (name: string, value: string): [name: string, text: string] =>
  value.search(fragile) < 0
    ? [name, value]
    : [
        sentPrefix + name,
        JSON.stringify(value).replace(fragile, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`),
      ]

/** Gives a process the variables that were sent to it in another form. */
export function receiveVariables(env: Record<string, string | undefined>): void {
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith(sentPrefix) || text === undefined) continue
    delete env[name]
    env[name.slice(sentPrefix.length)] = JSON.parse(text) as string
  }
}

/** As a process is given it: `NAME=value` and a zero. */
const bytesOf = (name: string, value: string): number => Buffer.byteLength(name) + Buffer.byteLength(value) + 2

const kib = (bytes: number): string => `${Math.ceil(bytes / 1024)} KiB`

/** A DNS subdomain (RFC 1123), as names of most objects of a cluster are; its length, 253 at most, is checked beside. */
export const subdomainPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

/** Why a secret can't have that name and key; `undefined` where it can. */
export function wrongSecret(name: unknown, key: unknown): WrongVariable | undefined {
  if (typeof name !== 'string' || name.length > 253 || !subdomainPattern.test(name))
    return {
      message: `is the secret ${show(name)}, which no secret can be called`,
      fix: 'Use lowercase letters, digits, hyphens and dots, at most 253, with a letter or digit at both ends.',
    }
  if (typeof key !== 'string' || key.length > 253 || !/^[-._A-Za-z0-9]+$/.test(key) || /^\.(\.|$)/.test(key))
    return {
      message: `is the key ${show(key)} of the secret "${name}", which no key can be called`,
      fix: 'Use letters, digits, hyphens, dots and underscores, at most 253.',
    }
  return undefined
}

const show = (value: unknown): string =>
  typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : String(value)
