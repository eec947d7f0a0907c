import type { Diagnostic } from '@millrace/ir'

/** A variable that a stage inherits and that has no value; `ownEnv`: it would be the environment's to give. */
export const missingVariable = (
  stage: string,
  name: string,
  ownEnv: boolean,
): Pick<Diagnostic, 'code' | 'severity' | 'message' | 'fix'> => ({
  code: 'missing-environment-value',
  severity: 'error',
  message: `stage "${stage}" inherits the variable ${name}, which ${ownEnv ? 'the environment has no value for' : 'is not set'}`,
  fix: `${ownEnv ? `Give ${name} in the env of the environment` : `Set ${name}`}, or give inherit() a default.`,
})
