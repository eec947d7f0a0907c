import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildMillrace } from '../support/built.ts'
import { campaigns } from './all.ts'
import { type Campaign, type Figures, perform } from './campaign.ts'

/**
 * `pnpm campaign [name …] [--cases n] [--from i] [--seed s] [--write]`: the whole campaigns, or those named. Prints a
 * line a campaign; `--write` puts it into the table of README.md. Ends with 1 when a case was lost.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    cases: { type: 'string' },
    from: { type: 'string' },
    seed: { type: 'string' },
    write: { type: 'boolean' },
  },
})

const unknown = positionals.filter((name) => !campaigns.some((campaign) => campaign.name === name))
if (unknown.length > 0) {
  console.error(`no campaign ${unknown.join(', ')}; there are ${campaigns.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}

const seed = Number(values.seed ?? 1)
const readme = join(import.meta.dirname, 'README.md')

const row = (campaign: Campaign, { tried, lost, skipped, seconds }: Figures): string => {
  const skips = [...skipped].map(([why, count]) => `${count} skipped: ${why}`).join('; ')
  const cases = tried - [...skipped.values()].reduce((sum, count) => sum + count, 0)
  const time = `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`
  const day = new Date().toISOString().slice(0, 10)
  return `| ${campaign.name} | ${campaign.what} | ${cases} / ${lost.length} | ${seed} | ${day} | ${time} | ${skips} |`
}

function write(campaign: Campaign, line: string): void {
  const text = readFileSync(readme, 'utf8')
  const old = new RegExp(`^\\| ${campaign.name} \\|.*$`, 'm')
  if (!old.test(text)) throw new Error(`the table of ${readme} has no row "${campaign.name}"`)
  writeFileSync(
    readme,
    text.replace(old, () => line),
  )
}

buildMillrace()
for (const campaign of campaigns.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
  const count = Number(values.cases ?? campaign.full)
  const figures = await perform(campaign, {
    seed,
    count,
    full: true,
    from: Number(values.from ?? 0),
    onCase: (done, lost) => {
      if (process.stderr.isTTY) process.stderr.write(`\r${campaign.name} ${done}/${count}, ${lost} lost `)
    },
  })
  for (const { index, folder, error } of figures.lost)
    console.error(
      `\nlost: ${campaign.name}, case ${index} (see it again: pnpm campaign ${campaign.name} --seed ${seed} --from ${index} --cases 1), left in ${folder}\n${(error as Error)?.stack ?? error}`,
    )
  const line = row(campaign, figures)
  console.log(process.stderr.isTTY ? `\n${line}` : line)
  if (values.write) write(campaign, line)
  if (figures.lost.length > 0) process.exitCode = 1
}
