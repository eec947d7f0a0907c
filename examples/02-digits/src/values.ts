import { z } from 'zod'

/** One setting of the support-vector machine: how local it is, and what a wrong training row costs. */
export const Setting = z.object({ gamma: z.number().positive(), c: z.number().positive() })
export type Setting = z.infer<typeof Setting>

/** 64 numbers, one per pixel of the 8x8 image, row by row. */
const Pixels = z.array(z.number()).length(64)

export const Analysis = z.object({
  balance: z.array(z.object({ digit: z.int(), train: z.int(), test: z.int() })),
  mean: Pixels,
  deviation: Pixels,
  samples: z.array(Pixels),
})
export type Analysis = z.infer<typeof Analysis>

/** A setting with its score: the accuracy in cross-validation. */
export const Score = z.object({ setting: Setting, score: z.number(), supportVectors: z.int() })
export type Score = z.infer<typeof Score>

export const Test = z.object({
  accuracy: z.number(),
  /** Counts: a row per true digit, a column per predicted one. */
  confusion: z.array(z.array(z.int())),
  mistakes: z.array(z.object({ actual: z.int(), predicted: z.int(), pixels: Pixels })),
})
export type Test = z.infer<typeof Test>

export const Drift = z.object({
  /** Population stability index of each pixel. */
  psi: Pixels,
  limit: z.number(),
  alarm: z.boolean(),
  accuracy: z.number(),
  sample: Pixels,
})
export type Drift = z.infer<typeof Drift>
