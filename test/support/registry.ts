import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A package as `npm pack` makes it. */
export interface PackedPackage {
  readonly manifest: { readonly name: string; readonly version: string }
  readonly tarball: Buffer
}

/**
 * A registry that has `packages` as if they were published, and gives all else from `upstream`: package managers
 * install what is in the workspace as they would install a release.
 *
 * @param upstream address of the registry that this machine uses
 * @returns its address, and how to end it
 */
export async function startRegistry(
  packages: readonly PackedPackage[],
  upstream: string,
): Promise<{ readonly url: string; readonly stop: () => void }> {
  const byName = new Map(packages.map((each) => [each.manifest.name, each]))
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://registry').pathname).slice(1)
    const [name = ''] = path.split('/-/')
    const own = byName.get(name)
    if (own) {
      const isTarball = path !== name
      response.writeHead(200, { 'content-type': isTarball ? 'application/octet-stream' : 'application/json' })
      response.end(isTarball ? own.tarball : JSON.stringify(documentOf(own)))
      return
    }
    try {
      const answer = await fetch(new URL(request.url ?? '/', upstream), {
        headers: { accept: request.headers.accept ?? '*/*' },
      })
      const type = answer.headers.get('content-type') ?? 'application/octet-stream'
      response.writeHead(answer.status, { 'content-type': type })
      response.end(Buffer.from(await answer.arrayBuffer()))
    } catch (error) {
      response.writeHead(502).end(String(error))
    }
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, stop: () => server.close() }

  // https://github.com/npm/registry/blob/main/docs/responses/package-metadata.md
  function documentOf({ manifest, tarball }: PackedPackage): unknown {
    const { name, version } = manifest
    const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`
    const shasum = createHash('sha1').update(tarball).digest('hex')
    const dist = { tarball: `${url}/${name}/-/${name}-${version}.tgz`, integrity, shasum }
    const published = '2020-01-01T00:00:00.000Z'
    return {
      name,
      'dist-tags': { latest: version },
      versions: { [version]: { ...manifest, dist } },
      time: { created: published, modified: published, [version]: published },
    }
  }
}
