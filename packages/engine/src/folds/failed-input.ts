import type { Diagnostic, Json } from '@millrace/ir'

/** What calls that failed in this process were given, by the cause that is told of each: events don't carry inputs. */
const inputs = new WeakMap<Diagnostic, Json>()

export const rememberInput = (cause: Diagnostic, input: Json): void => {
  inputs.set(cause, input)
}

/** What the call was given that failed with this very cause; undefined where another process told it. */
export const inputOfFailed = (cause: Diagnostic): Json | undefined => inputs.get(cause)
