import type { CallOverrides, Stage } from 'millrace'
import type { z } from 'zod'

/** The options that the runtime under test gives each call; read while a pipeline is built. */
export const here: { overrides: CallOverrides } = { overrides: {} }

/** A stage as the runtime under test calls it. */
export const on = <I extends z.ZodObject, O extends z.ZodObject>(stage: Stage<I, O>, overrides: CallOverrides = {}) =>
  stage.with({ ...here.overrides, ...overrides })
