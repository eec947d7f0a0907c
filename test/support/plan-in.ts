import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

/** What a folder of manifests gives its driver. */
export function planIn(manifests: string): unknown {
  const run = join(manifests, 'run')
  const parts = readdirSync(run)
    .filter((name) => /^plan(-\d+)?\.configmap\.yaml$/.test(name))
    .sort()
    .map((name) => /plan\.json\.gz[.\d]*: "([^"]+)"/.exec(readFileSync(join(run, name), 'utf8'))?.[1] as string)
  return JSON.parse(gunzipSync(Buffer.concat(parts.map((part) => Buffer.from(part, 'base64')))).toString())
}
