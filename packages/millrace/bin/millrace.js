#!/usr/bin/env node
// Plain JavaScript that any Node can read, so that an old one is told so before anything can crash on it.
import { existsSync } from 'node:fs'

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 19) || major === 23 || (major === 24 && minor < 11)) {
  process.stderr.write(
    `error[usage]: Millrace needs Node ^22.19 or >=24.11, and this is ${process.versions.node}\n  fix: Run it with a newer Node.\n`,
  )
  process.exit(2)
}

const source = new URL('../src/bin.ts', import.meta.url)
await import(existsSync(source) ? source.href : new URL('../dist/bin.js', import.meta.url).href)
