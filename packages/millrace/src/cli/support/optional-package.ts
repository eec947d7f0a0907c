import { DiagnosticError, nowhere } from '@millrace/ir'

/**
 * Loads what needs a package that a program may lack: most never see a cluster, and its client is half of all there is to
 * install.
 *
 * @param needing what the author asked for: `submit`
 * @param range of the versions that work, as npm takes it
 * @throws DiagnosticError `cluster-failed` where the package is not there
 */
export async function withPackage<T>(needing: string, name: string, range: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (error) {
    if (!isMissing(error, name)) throw error
    throw new DiagnosticError(
      [
        {
          code: 'cluster-failed',
          severity: 'error',
          message: `${needing} needs the package "${name}", which is not installed`,
          at: nowhere,
          fix: `Install it beside Millrace: npm install ${name}@${range}.`,
        },
      ],
      { cause: error },
    )
  }
}

/** As Node says it, and as Yarn's PnP does. */
export const isMissing = (error: unknown, name: string): boolean => {
  const { code, message } = error as NodeJS.ErrnoException
  const codes = ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND', 'UNDECLARED_DEPENDENCY', 'MISSING_PEER_DEPENDENCY']
  return typeof code === 'string' && codes.includes(code) && String(message).includes(name)
}

/** The client of a cluster, and the versions that are tested. */
export const clusterClient = ['@kubernetes/client-node', '2'] as const
