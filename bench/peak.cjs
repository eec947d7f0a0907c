// Preloaded into each measured process: adds its peak memory (KiB) to a file when it ends.
const { appendFileSync } = require('node:fs')

process.on('exit', () => {
  if (process.env.BENCH_PEAK) appendFileSync(process.env.BENCH_PEAK, `${process.resourceUsage().maxRSS}\n`)
})
