import { canonical, digestBytes, type Json, maxEventOutput } from '@millrace/ir'

/**
 * An output as events carry it: small ones whole, larger ones by digest.
 *
 * @param text its canonical JSON, where it is known
 */
export const forEvent = (output: Json, text = canonical(output)): Json =>
  text.length > maxEventOutput || Buffer.byteLength(text) > maxEventOutput ? digestBytes(text) : output
