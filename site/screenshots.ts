import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join, normalize } from 'node:path'
import { promisify } from 'node:util'

const pages = ['index', 'cluster', 'reference/command-line', 'reference/api/millrace', 'errors/bad-option']
const sizes = { desktop: '1280,1600', phone: '390,1600' }
const types: Readonly<Record<string, string>> = { '.css': 'text/css', '.html': 'text/html', '.js': 'text/javascript' }

/** Pictures of some pages in the folder `screenshots` of a built site, by the Chromium that is installed. */
export async function takeScreenshots(site: string): Promise<void> {
  const server = createServer((request, response) => {
    const file = join(site, normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname)))
    if (!existsSync(file)) response.writeHead(404).end()
    else
      createReadStream(file).pipe(
        response.setHeader('content-type', types[extname(file)] ?? 'application/octet-stream'),
      )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const profile = mkdtempSync(join(tmpdir(), 'millrace-chromium-'))
  mkdirSync(join(site, 'screenshots'), { recursive: true })
  try {
    const { port } = server.address() as AddressInfo
    for (const page of pages)
      for (const [size, window] of Object.entries(sizes))
        for (const theme of ['light', 'dark'])
          await promisify(execFile)(process.env.CHROMIUM ?? 'chromium', [
            '--headless',
            '--no-sandbox',
            '--hide-scrollbars',
            '--virtual-time-budget=3000',
            `--user-data-dir=${profile}`,
            `--window-size=${window}`,
            ...(theme === 'dark' ? ['--blink-settings=preferredColorScheme=0'] : []),
            `--screenshot=${join(site, 'screenshots', `${page.replaceAll('/', '-')}-${size}-${theme}.png`)}`,
            `http://127.0.0.1:${port}/${page}.html`,
          ])
  } finally {
    server.close()
    rmSync(profile, { recursive: true, force: true })
  }
}
