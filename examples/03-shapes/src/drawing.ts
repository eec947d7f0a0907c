/** How far the outline is from the centre, in direction `turn` (0 to 1). */
type Outline = (turn: number) => number

const polygon =
  (corners: number): Outline =>
  (turn) => {
    const side = 1 / corners
    const angle = ((turn % side) - side / 2) * 2 * Math.PI
    return Math.cos(Math.PI / corners) / Math.cos(angle)
  }

export const outlines: { readonly [kind: string]: Outline } = {
  circle: () => 1,
  square: polygon(4),
  triangle: polygon(3),
}

const directions = 24

/** A shape as its distances in 24 directions, turned at random, with an unsteady hand. */
export function drawOne(outline: Outline, shake: number, random: () => number): number[] {
  const turned = random()
  return Array.from({ length: directions }, (_, i) => {
    const distance = outline((i / directions + turned) % 1) + shake * (random() - 0.5)
    return Math.round(distance * 1000) / 1000
  })
}

/** The same numbers for the same seed, on every machine (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
