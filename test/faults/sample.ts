import { expect, test } from 'vitest'
import { type Campaign, perform } from './campaign.ts'

/** The suite's sample of a campaign, as a test. */
export function sample(campaign: Campaign): void {
  test(`${campaign.name}: ${campaign.what} (${campaign.sample} of ${campaign.full})`, {
    // a hundred cases on a machine that is busy with other work
    timeout: 7_200_000,
  }, async () => {
    const { tried, lost, skipped } = await perform(campaign, { seed: 1, count: campaign.sample, full: false })
    for (const [why, count] of skipped) console.warn(`${campaign.name}: ${count} skipped, ${why}`)
    expect(lost.map(({ index, seed, folder, error }) => `case ${index}, seed ${seed}, ${folder}: ${error}`)).toEqual([])
    expect(tried).toBe(campaign.sample)
  })
}
