import { percent } from './percent.ts'
import { balancePlot, colors, confusionPlot, driftPlot, inkPlot, psiBands, psiColors, settingsPlot } from './plots.ts'
import { style } from './style.ts'
import type { Analysis, Drift, Score, Setting, Test } from './values.ts'

export interface Facts {
  readonly analysis: Analysis
  readonly candidates: readonly Score[]
  readonly setting: Setting
  readonly floor: number
  readonly test: Test
  readonly published: boolean
  readonly control: Drift
  readonly shifted: Drift
}

/** The report: one HTML file that loads nothing else. The same facts give the same bytes. */
export const page = (facts: Facts): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Handwritten digits</title>
<style>${style}</style>
<h1>Handwritten digits</h1>
${[summary, data, settings, test, drift].map((section) => section(facts)).join('\n')}
</html>
`

const summary = ({ analysis, test, published, floor, control, shifted }: Facts) => `
<p>A support-vector machine reads digits from 8 × 8 pixels. It learned from ${total(analysis, 'train')} images, and was
tested once on ${total(analysis, 'test')} others.</p>
<div class="row">
${tile(percent(test.accuracy), 'right on the test half')}
${tile(published ? 'Published' : 'Held back', `the floor is ${percent(floor)}`, published)}
${tile(control.alarm ? 'Drift alarm' : 'No drift', 'control batch: the test half', !control.alarm)}
${tile(shifted.alarm ? 'Drift alarm' : 'No drift', 'shifted batch: fainter ink', !shifted.alarm)}
</div>`

const data = ({ analysis }: Facts) => `
<h2>The data</h2>
<div class="card samples">${analysis.samples.map((pixels) => image(pixels)).join('')}</div>
<div class="row">
${card(`Class balance, <i style="color:${colors.train}">train</i> and <i style="color:${colors.test}">test</i>`, balancePlot(analysis))}
${card('Mean ink per pixel, 0 to 16', inkPlot(analysis.mean, 'greys'))}
${card('Its standard deviation', inkPlot(analysis.deviation, 'purples'))}
</div>`

const settings = ({ candidates, setting }: Facts) => `
<h2>The settings</h2>
<p>Each was trained and scored within the training half, side by side; the best score is chosen.</p>
<div class="row">
${card('Cross-validation', settingsPlot(candidates, setting))}
${card('All settings', `<table><tr><th>γ<th>C<th>right<th>support vectors</tr>${candidates.map(settingRow(setting)).join('')}</table>`)}
</div>`

const settingRow =
  (chosen: Setting) =>
  ({ setting: { gamma, c }, score, supportVectors }: Score) =>
    `<tr${gamma === chosen.gamma && c === chosen.c ? ' class="chosen"' : ''}><td>${gamma}<td>${c}<td>${percent(score)}<td>${supportVectors}</tr>`

const test = ({ test }: Facts) => `
<h2>The test</h2>
<div class="row">
${card('Confusion matrix, number of images', confusionPlot(test))}
${card(`All ${test.mistakes.length} mistakes`, `<div class="mistakes">${test.mistakes.map((at) => image(at.pixels, `${at.actual} read as ${at.predicted}`)).join('')}</div>`)}
</div>`

const drift = ({ control, shifted }: Facts) => `
<h2>The drift</h2>
<p>Population stability index (PSI) of each pixel against the training half. It needs no labels;
here they are known, so how well the model reads each batch is shown beside it.</p>
<p class="legend">${psiColors.map((color, i) => `<span><i style="background:${color}"></i>${band(i)}</span>`).join('')}</p>
<div class="row">
${driftCard('Control batch: the test half', control)}
${driftCard('Shifted batch: the test half with fainter ink', shifted)}
</div>`

const band = (i: number) => (i === 0 ? `below ${psiBands[0]}` : `from ${psiBands[i - 1]}`)

const driftCard = (title: string, batch: Drift) =>
  card(
    title,
    `<div class="drift">${driftPlot(batch)}
<div>${image(batch.sample, 'its first image')}
<p><b class="${batch.alarm ? 'bad' : 'good'}">${batch.alarm ? 'Alarm' : 'No alarm'}</b></p>
<p>Worst pixel ${Math.max(...batch.psi).toFixed(2)}, the limit is ${batch.limit}.</p>
<p>The model reads ${percent(batch.accuracy)} of it right.</p></div></div>`,
  )

const total = ({ balance }: Analysis, half: 'train' | 'test') => balance.reduce((sum, count) => sum + count[half], 0)

const tile = (value: string, name: string, good?: boolean) =>
  `<div class="card tile"><b${good === undefined ? '' : ` class="${good ? 'good' : 'bad'}"`}>${value}</b>${name}</div>`

const card = (title: string, body: string) => `<div class="card"><h3>${title}</h3>${body}</div>`

/** An 8x8 image: a path for each level of ink. */
function image(pixels: readonly number[], caption = ''): string {
  const paths = [...new Set(pixels)].map((ink) => {
    const squares = pixels.map((value, i) => (value === ink ? `M${i % 8} ${Math.floor(i / 8)}h1v1h-1z` : ''))
    return ink === 0 ? '' : `<path opacity="${ink / 16}" d="${squares.join('')}"/>`
  })
  return `<figure><svg viewBox="0 0 8 8" shape-rendering="crispEdges">${paths.join('')}</svg>${caption}</figure>`
}
