import { digestJson, hexOf } from '@millrace/ir'

/** What the name of a file of a media type ends with, where programs go by it. */
const endings: Readonly<Record<string, string>> = {
  'application/gzip': '.gz',
  'application/json': '.json',
  'application/jsonl': '.jsonl',
  'application/pdf': '.pdf',
  'application/vnd.apache.parquet': '.parquet',
  'application/x-ndjson': '.jsonl',
  'application/xml': '.xml',
  'application/yaml': '.yaml',
  'application/zip': '.zip',
  'audio/wav': '.wav',
  'image/gif': '.gif',
  'image/jpeg': '.jpg',
  'image/png': '.png',
  'image/svg+xml': '.svg',
  'image/tiff': '.tif',
  'image/webp': '.webp',
  'text/css': '.css',
  'text/csv': '.csv',
  'text/html': '.html',
  'text/markdown': '.md',
  'text/plain': '.txt',
  'text/tab-separated-values': '.tsv',
  'text/xml': '.xml',
  'video/mp4': '.mp4',
}

/** Characters that a file's name may have with its ending. */
const longest = 150

/** The name of the file for a field of an output: `report.html`, `parts.x`. No two fields have the same. */
export function fieldFileName(path: readonly string[], media = ''): string {
  const name = path.map(escaped).join('.')
  const whole = name.length > longest ? `${name.slice(0, 100)}-${hexOf(digestJson(path)).slice(0, 16)}` : name
  return whole + (endings[media.replace(/;.*/, '').trim().toLowerCase()] ?? '')
}

/** `%` and the bytes of what could be more than a name, or less. */
const escaped = (key: string): string =>
  key === ''
    ? '%'
    : Buffer.from(key)
        .toString('latin1')
        .replace(/[^\w-]/g, (one) => `%${one.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`)
