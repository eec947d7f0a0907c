type Code = 'usage' | 'write-failed' | 'install-failed'

/** What a user can put right. */
export class CreateError extends Error {
  readonly code: Code
  readonly fix: string

  constructor(code: Code, message: string, fix: string) {
    super(message)
    this.code = code
    this.fix = fix
  }

  /** As Millrace writes its diagnostics. */
  override toString(): string {
    return `error[${this.code}]: ${this.message}\n  fix: ${this.fix}\n`
  }
}
