import { barY, cell, dot, line, type PlotOptions, plot, ruleY, text } from '@observablehq/plot'
import { parseHTML } from 'linkedom/worker'
import { percent } from './percent.ts'
import type { Analysis, Drift, Score, Setting, Test } from './values.ts'

// Plot draws into a document; outside a browser linkedom is one
const { document } = parseHTML('<!doctype html><html></html>')

export const colors = { train: '#2563eb', test: '#94a3b8', lines: ['#64748b', '#2563eb', '#d97706', '#059669'] }

const draw = (options: PlotOptions): string =>
  plot({ document, style: { fontSize: '12px', background: 'none' }, marginBottom: 42, ...options }).outerHTML

/** How many of each digit the halves have. */
export const balancePlot = ({ balance }: Analysis): string =>
  draw({
    ariaLabel: 'Class balance',
    width: 410,
    height: 280,
    fx: { label: 'digit', padding: 0.25 },
    x: { axis: null, padding: 0, domain: ['train', 'test'] },
    y: { label: '↑ images', grid: true },
    color: { domain: ['train', 'test'], range: [colors.train, colors.test] },
    marks: [
      barY(
        balance.flatMap(({ digit, train, test }) => [
          { digit, half: 'train', images: train },
          { digit, half: 'test', images: test },
        ]),
        { fx: 'digit', x: 'half', y: 'images', fill: 'half', title: ({ half, images }) => `${half}: ${images}` },
      ),
      ruleY([0]),
    ],
  })

/** A number per pixel, where the pixel is; dark cells carry it in white. */
function heatMap(
  values: readonly number[],
  color: PlotOptions['color'],
  show: (value: number) => string,
  dark: number,
) {
  const cells = values.map((value, i) => ({ value, row: Math.floor(i / 8) + 1, column: (i % 8) + 1 }))
  const at = { x: 'column', y: 'row' } as const
  return draw({
    ariaLabel: 'A number per pixel',
    width: 280,
    height: 280,
    marginLeft: 36,
    marginTop: 6,
    marginRight: 6,
    padding: 0.05,
    x: { label: 'column', tickSize: 0 },
    y: { label: 'row', tickSize: 0 },
    ...(color ? { color } : {}),
    marks: [
      cell(cells, { ...at, fill: 'value', title: ({ value }) => value.toFixed(3) }),
      text(cells, {
        ...at,
        text: ({ value }) => show(value),
        fill: ({ value }) => (value > dark ? 'white' : 'black'),
        fontSize: 10,
      }),
    ],
  })
}

/** Ink is counted 0 to 16. */
export const inkPlot = (values: readonly number[], scheme: 'greys' | 'purples'): string => {
  const most = Math.max(...values)
  return heatMap(values, { scheme, domain: [0, most * 1.2] }, (value) => value.toFixed(0), most * 0.6)
}

/** Colours by the usual bands of the index; pixels that count as shifted carry their number. */
export const driftPlot = ({ psi, limit }: Drift): string =>
  heatMap(
    psi,
    { type: 'threshold', domain: psiBands, range: psiColors },
    (value) => (value > limit ? value.toFixed(2) : ''),
    0.5,
  )

export const psiBands = [0.05, 0.1, 0.25, 0.5]
export const psiColors = ['#f1f5f9', '#fef3c7', '#fcd34d', '#f97316', '#b91c1c']

/** Accuracy over gamma, a line per c. */
export function settingsPlot(candidates: readonly Score[], chosen: Setting): string {
  const points = candidates.map(({ setting, score }) => ({ ...setting, score, name: `C = ${setting.c}` }))
  const best = points.filter(({ gamma, c }) => gamma === chosen.gamma && c === chosen.c)
  const starts = points.filter(({ gamma, c }) => points.every((other) => other.c !== c || other.gamma >= gamma))
  const at = { x: 'gamma', y: 'score' } as const
  return draw({
    ariaLabel: 'Accuracy in cross-validation over gamma and C',
    width: 620,
    height: 330,
    marginLeft: 54,
    inset: 14,
    insetLeft: 60,
    x: {
      type: 'log',
      label: 'γ, how local the kernel is (log scale)',
      labelAnchor: 'center',
      labelArrow: 'none',
      ticks: points.map(({ gamma }) => gamma),
      tickFormat: String,
    },
    y: { label: '↑ right in cross-validation', grid: true, tickFormat: percent },
    color: { type: 'categorical', domain: [...new Set(points.map(({ name }) => name))], range: colors.lines },
    marks: [
      line(points, { ...at, stroke: 'name', strokeWidth: 2 }),
      dot(points, {
        ...at,
        fill: 'name',
        r: 4,
        title: ({ gamma, name, score }) => `γ = ${gamma}, ${name}: ${percent(score)}`,
      }),
      text(starts, { ...at, text: 'name', fill: 'name', textAnchor: 'end', dx: -10, fontWeight: 600 }),
      dot(best, { ...at, stroke: 'black', r: 8, strokeWidth: 1.5 }),
      text(best, { ...at, text: () => 'chosen', dy: -17, fontWeight: 600 }),
    ],
  })
}

/** A row per digit shown, a column per digit read: what is off the diagonal is a mistake. */
export function confusionPlot({ confusion }: Test): string {
  const cells = confusion.flatMap((row, actual) => row.map((count, predicted) => ({ actual, predicted, count })))
  const right = (at: { actual: number; predicted: number }) => at.actual === at.predicted
  return draw({
    ariaLabel: 'Confusion matrix',
    width: 460,
    height: 460,
    marginTop: 6,
    marginRight: 6,
    padding: 0.05,
    x: { label: 'digit read', tickSize: 0 },
    y: { label: 'digit shown', tickSize: 0 },
    marks: [
      cell(cells, {
        x: 'predicted',
        y: 'actual',
        fill: (at) => (at.count === 0 ? '#f1f5f9' : right(at) ? colors.train : '#dc2626'),
        fillOpacity: (at) => (at.count === 0 || right(at) ? 1 : Math.min(1, 0.4 + at.count / 10)),
        title: ({ actual, predicted, count }) => `${actual} read as ${predicted}: ${count}`,
      }),
      text(cells, { x: 'predicted', y: 'actual', text: ({ count }) => count || '', fill: 'white', fontWeight: 600 }),
    ],
  })
}
