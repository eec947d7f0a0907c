/** Environments of a program, `millrace.config.ts`. The presets of clusters come with the Kubernetes target. */
export interface Environment {
  readonly preset: 'laptop'
}

export interface Config {
  readonly environments: { readonly [name: string]: Environment }
}

/** The environment of a local run; no entry is needed for it. */
export const laptop = (): Environment => ({ preset: 'laptop' })

export const defineConfig = (config: Config): Config => config
