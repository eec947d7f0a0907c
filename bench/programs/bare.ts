// The same work by hand-written promises: no checks, no cache, no journal. Node runs it without a loader.
const size = Number(process.env.SIZE ?? 10_000)
const step = async (n: number, i: number): Promise<number> => n + i

const shapes: Record<string, () => Promise<number>> = {
  async diamond() {
    const top = 1 + 1
    const [left, right] = await Promise.all([step(top, top), step(top, 2 * top)])
    return left + right
  },
  async chain() {
    let n = 0
    for (let i = 0; i < size; i++) n = await step(n, i)
    return n
  },
  async fan() {
    const values = await Promise.all(Array.from({ length: size }, (_, i) => step(1, i)))
    return values.reduce((a, b) => a + b, 0)
  },
}

const shape = shapes[process.argv[2] ?? 'diamond'] as () => Promise<number>
process.stdout.write(`${JSON.stringify({ n: await shape() })}\n`)
