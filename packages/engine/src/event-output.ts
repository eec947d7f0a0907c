import { canonical, digestBytes, type Json, maxEventOutput } from '@millrace/ir'
/** An output as events carry it: small ones whole, larger ones by digest. */
export function forEvent(output: Json): Json {
  const text = canonical(output)
  return text.length > maxEventOutput || Buffer.byteLength(text) > maxEventOutput ? digestBytes(text) : output
}
