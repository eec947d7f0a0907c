// Preloaded into each measured process: adds its peak memory and processor time to a file when it ends.
const { appendFileSync } = require('node:fs')

process.on('exit', () => {
  if (!process.env.FIGURES) return
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage()
  const line = { peak: maxRSS * 1024, seconds: (userCPUTime + systemCPUTime) / 1e6 }
  appendFileSync(process.env.FIGURES, `${JSON.stringify(line)}\n`)
})
