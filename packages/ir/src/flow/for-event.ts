import { digestBytes } from '../digest.ts'
import { maxEventOutput } from '../event.ts'
import { canonical, type Json } from '../json.ts'

/** An output as events carry it: small ones whole, larger ones by digest. */
export function forEvent(output: Json): Json {
  const text = canonical(output)
  return text.length > maxEventOutput || Buffer.byteLength(text) > maxEventOutput ? digestBytes(text) : output
}
