/** What this makes would not run on an older Node. */
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major < 22 || (major === 22 && minor < 19) || major === 23 || (major === 24 && minor < 11)) {
  process.stderr.write(
    `error[usage]: Millrace needs Node ^22.19 or >=24.11, and this is ${process.versions.node}\n  fix: Run it with a newer Node.\n`,
  )
  process.exit(2)
}
