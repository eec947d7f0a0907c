/** The classifier of one pair of classes: `bias + Σ weight · kernel(vector, x)`; above 0 is a vote for `positive`. */
export interface Machine {
  readonly positive: number
  readonly negative: number
  readonly bias: number
  /** The support vectors, by their index, and their weights. */
  readonly terms: readonly (readonly [vector: number, weight: number])[]
}

/** The radial basis function: 1 for equal vectors, towards 0 with their distance. */
export function rbf(a: readonly number[], b: readonly number[], gamma: number): number {
  let distance = 0
  for (let k = 0; k < a.length; k++) distance += ((a[k] as number) - (b[k] as number)) ** 2
  return Math.exp(-gamma * distance)
}

/** Fits one machine to each pair of classes. `kernel[i][j]` is known for all rows; `rows` are those to learn from. */
export function fit(
  kernel: readonly Float64Array[],
  labels: readonly number[],
  rows: readonly number[],
  c: number,
): Machine[] {
  const classes = [...new Set(rows.map((row) => labels[row] as number))].sort((a, b) => a - b)
  return classes.flatMap((positive, i) =>
    classes.slice(i + 1).map((negative) => {
      const sides = rows.flatMap((row): Side[] => {
        const sign = labels[row] === positive ? 1 : labels[row] === negative ? -1 : 0
        const bounds = { lower: sign > 0 ? 0 : -c, upper: sign > 0 ? c : 0 }
        return sign === 0 ? [] : [{ row, kernel: kernel[row] as Float64Array, ...bounds, weight: 0, error: -sign }]
      })
      return { positive, negative, ...separate(sides) }
    }),
  )
}

/** The class with most votes; of equal ones the lowest. `kernel` compares what is asked about with a support vector. */
export function vote(machines: readonly Machine[], kernel: (vector: number) => number): number {
  const votes = new Array<number>(10).fill(0)
  for (const { positive, negative, bias, terms } of machines) {
    let sum = bias
    for (const [vector, weight] of terms) sum += weight * kernel(vector)
    const winner = sum > 0 ? positive : negative
    votes[winner] = (votes[winner] ?? 0) + 1
  }
  return votes.indexOf(Math.max(...votes))
}

/** A training row in one machine: its weight, within bounds, and by how much the machine is wrong about it. */
interface Side {
  readonly row: number
  readonly kernel: Float64Array
  readonly lower: number
  readonly upper: number
  weight: number
  error: number
}

/**
 * Sequential minimal optimisation: moves weight between the two rows that are furthest from the optimum, until none
 * is further than the tolerance (Keerthi et al., 2001).
 */
function separate(sides: readonly Side[]): Pick<Machine, 'bias' | 'terms'> {
  for (let step = 0; step < 100_000; step++) {
    let up: Side | undefined
    let down: Side | undefined
    for (const side of sides) {
      if (side.weight < side.upper && side.error < (up?.error ?? Infinity)) up = side
      if (side.weight > side.lower && side.error > (down?.error ?? -Infinity)) down = side
    }
    if (!up || !down || down.error - up.error < 1e-3) {
      const terms = sides.filter((side) => side.weight !== 0).map((side) => [side.row, side.weight] as const)
      return { bias: -((up?.error ?? 0) + (down?.error ?? 0)) / 2, terms }
    }
    const curvature = 2 - 2 * (up.kernel[down.row] as number)
    const move = Math.min((down.error - up.error) / curvature, up.upper - up.weight, down.weight - down.lower)
    up.weight += move
    down.weight -= move
    for (const side of sides) side.error += move * ((up.kernel[side.row] as number) - (down.kernel[side.row] as number))
  }
  throw new Error('the support-vector machine did not converge: try a lower c')
}
