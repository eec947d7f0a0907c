import { DiagnosticError, isDiagnosticError } from '@millrace/ir'
import { storeFailed } from '@millrace/store'

/**
 * Writes to a folder that the user named for it; what the disk refuses becomes a `store-failed` that names the path.
 *
 * @param fix how to name another folder
 */
export function onTarget<T>(action: string, path: string, fix: string, access: () => T): T {
  try {
    return access()
  } catch (error) {
    const told = storeFailed(action, path, error)
    if (told === error || !isDiagnosticError(told)) throw error
    // another store would not help
    throw new DiagnosticError(
      told.diagnostics.map((diagnostic) => ({ ...diagnostic, fix })),
      { cause: error },
    )
  }
}
