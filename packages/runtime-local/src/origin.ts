/** The folder and variables of this process before a stage could change them. */
export interface Origin {
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
}

let known: Origin = { cwd: '.', env: process.env }

export const origin = (): Origin => known

export const rememberOrigin = (): void => {
  known = { cwd: process.cwd(), env: { ...process.env } }
}
