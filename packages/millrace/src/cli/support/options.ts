export interface CommonOptions {
  readonly store?: string
  readonly pipeline?: string
  readonly json?: boolean
  readonly progress: 'auto' | 'tty' | 'plain' | 'quiet'
  readonly color: boolean
}

export interface ParameterOptions {
  readonly param: readonly string[]
  readonly params?: string
  readonly environment?: string
}

export interface CompileOptions extends CommonOptions, ParameterOptions {
  readonly target: string
  readonly out: string
  readonly check?: boolean
  readonly policy?: boolean
}

export interface TypesOptions extends CommonOptions {
  readonly check?: boolean
}

export interface RunOptions extends CommonOptions, ParameterOptions {
  readonly target: string
  readonly jobs?: number
  readonly fresh?: boolean
  readonly failFast?: boolean
  readonly strict?: boolean
  readonly verify?: boolean
  readonly timeout?: string
  readonly from?: string
  readonly inProcess?: boolean
}

export interface SubmitOptions extends CommonOptions, ParameterOptions {
  readonly detach?: boolean
  readonly retry?: boolean
  readonly timeout?: string
}

export interface RunsOptions extends CommonOptions {
  readonly all?: boolean
  readonly environment?: string
}

export interface CallOptions extends CommonOptions, ParameterOptions {
  readonly run?: string
  readonly inspect?: boolean
}

export interface StoreOptions extends CommonOptions {
  readonly olderThan?: string
  readonly keep?: number
  readonly dryRun?: boolean
}
