import { describe, expect, test } from 'vitest'
import { program } from '../support/program.ts'
import { refused, sameAsJson } from './told.ts'

/** A program whose pipeline wires `body`, from line 11 on. */
const using = (body: string, name = 'demo'): string => `
import { is, main, map, pipeline, stage, when } from 'millrace'
import { z } from 'zod'

const row = z.object({ id: z.int() })
export const list = stage('list', { input: z.object({}), output: z.object({ rows: z.array(row), count: z.int() }), run: () => ({ rows: [], count: 0 }) })
export const use = stage('use', { input: z.object({ x: z.any() }), output: z.object({ y: z.any() }), run: ({ x }) => ({ y: x }) })
export const ${name} = pipeline('${name}', {
  input: z.object({ limit: z.int().default(3) }),
  build: ({ limit }): any => {
${body}
  },
})

main(import.meta, ${name})
`

describe('a ref used as a value', () => {
  test('in a template, by the loader of tsx', async () => {
    const text = await refused(using('    return use({ x: `up to ${limit}` })'), [], { how: 'loader' })
    expect(text).toMatchInlineSnapshot(`
      "error[ref-as-value]: "input.limit" is a value to come: it has no text or number while building
        at program.ts:11:30
        fix: Give input.limit to a stage and compute with it there.
      "
    `)
  })

  test('in a template, with the stripped types of plain Node', async () => {
    const text = await refused(using('    return use({ x: `up to ${limit}` })'), [], { how: 'node' })
    expect(text).toMatchInlineSnapshot(`
      "error[ref-as-value]: "input.limit" is a value to come: it has no text or number while building
        at program.ts:11:30
        fix: Give input.limit to a stage and compute with it there.
      "
    `)
  })

  test('in a template, by the command tsx', async () => {
    const text = await refused(using('    return use({ x: `up to ${limit}` })'), [], { how: 'tsx' })
    expect(text).toMatchInlineSnapshot(`
      "error[ref-as-value]: "input.limit" is a value to come: it has no text or number while building
        at program.ts:11:30
        fix: Give input.limit to a stage and compute with it there.
      "
    `)
  })

  test('spread as an object', async () => {
    expect(await refused(using('    const made = list()\n    return { ...made }'))).toMatchInlineSnapshot(`
      "error[ref-as-value]: "list" is a value to come: it can not be spread or listed while building
        at program.ts:12:5
        fix: Name the fields that you need one by one.
      "
    `)
  })

  test('spread as a list', async () => {
    expect(await refused(using('    const { rows } = list()\n    return [...(rows as any)]'))).toMatchInlineSnapshot(`
      "error[ref-as-value]: "list.rows" is a value to come: it can not be iterated while building
        at program.ts:12:17
        fix: Use map(list.rows, (item) => …) instead.
      "
    `)
  })

  test('in JSON.stringify', async () => {
    expect(await refused(using('    return use({ x: JSON.stringify(list()) })'))).toMatchInlineSnapshot(`
      "error[ref-as-value]: "list" is a value to come: it can not be put in JSON while building
        at program.ts:11:26
        fix: Give it to a stage and make the JSON there.
      "
    `)
  })

  test('in for-of', async () => {
    const body = '    const { rows } = list()\n    for (const row of rows as any) use({ x: row })\n    return {}'
    expect(await refused(using(body))).toMatchInlineSnapshot(`
      "error[ref-as-value]: "list.rows" is a value to come: it can not be iterated while building
        at program.ts:12:23
        fix: Use map(list.rows, (item) => …) instead.
      "
    `)
  })

  test('with in', async () => {
    const body = "    const made = list()\n    return 'rows' in made ? made.rows : {}"
    expect(await refused(using(body))).toMatchInlineSnapshot(`
      "error[ref-as-value]: "list" is a value to come: it can not be tested with "in" while building
        at program.ts:12:19
        fix: Use when(is(…, '!==', undefined), () => …) instead.
      "
    `)
  })

  test('with then', async () => {
    const body = '    const made = list() as any\n    return made.then((rows: any) => rows)'
    expect(await refused(using(body))).toMatchInlineSnapshot(`
      "error[ref-as-value]: "list" is a value to come: it can not be awaited
        at program.ts:12:17
        fix: Remove the await: build only wires stages, which run later.
      "
    `)
  })

  test('as a list that has methods', async () => {
    const body = '    const { rows } = list() as any\n    return rows.map((row: any) => use({ x: row }))'
    expect(await refused(using(body))).toMatchInlineSnapshot(`
      "error[ref-as-value]: "list.rows.map" is a value to come: it is not a function
        at program.ts:12:17
        fix: Use map(list.rows, (item) => …) instead.
      "
    `)
  })

  test('as a list that has a length and an index', async () => {
    const body = '    const { rows } = list() as any\n    return use({ x: [rows.length, rows[0], rows.idd] })'
    expect(await refused(using(body))).toMatchInlineSnapshot(`
      "error[unknown-output]: "list.rows" has no field "length": the list is still to come
        at program.ts:12:12
        fix: Use map(list.rows, (item) => …), or give "list.rows" to a stage and take "length" there.
      error[unknown-output]: "list.rows" has no field "0": the list is still to come
        at program.ts:12:12
        fix: Use map(list.rows, (item) => …), or give "list.rows" to a stage and take "0" there.
      error[unknown-output]: "list.rows" has no field "idd" (did you mean "id"?)
        at program.ts:12:12
        fix: Use one of: id.
      "
    `)
  })

  test('as a function', async () => {
    const body = '    const { count } = list() as any\n    return count()'
    expect(await refused(using(body))).toMatchInlineSnapshot(`
      "error[ref-as-value]: "list.count" is a value to come: it is not a function
        at program.ts:12:12
        fix: Call a stage with it instead.
      "
    `)
  })

  test('assigned to, and deleted', async () => {
    const assigned = '    const made = list() as any\n    made.count = 3\n    return made'
    expect(await refused(using(assigned))).toMatchInlineSnapshot(`
      "error[ref-as-value]: "list" is a value to come: "count" can not be assigned
        at program.ts:12:16
        fix: Return the changed value from a stage instead.
      "
    `)
    const deleted = '    const made = list() as any\n    delete made.count\n    return made'
    expect(await refused(using(deleted))).toMatchInlineSnapshot(`
      "error[ref-as-value]: "list" is a value to come: "count" can not be deleted
        at program.ts:12:5
        fix: Return the changed value from a stage instead.
      "
    `)
  })

  test('in arithmetic and in comparisons', async () => {
    const body = '    const { count } = list() as any\n    return use({ x: count + 1 })'
    expect(await refused(using(body))).toMatchInlineSnapshot(`
      "error[ref-as-value]: "list.count" is a value to come: it has no text or number while building
        at program.ts:12:27
        fix: Give list.count to a stage and compute with it there.
      "
    `)
    const compared = '    const { count } = list() as any\n    return use({ x: Math.max(count, 1) })'
    expect(await refused(using(compared))).toMatchInlineSnapshot(`
      "error[ref-as-value]: "list.count" is a value to come: it has no text or number while building
        at program.ts:12:26
        fix: Compare it by is(list.count, '>=', …) in a when, or give it to a stage and compute with it there.
      "
    `)
  })
})

describe('a ref outside the body that made it', () => {
  test('of a map and of a when, both at once', async () => {
    const body = `    const { rows, count } = list()
    let kept: any
    let made: any
    map(rows, (row) => {
      kept = row.id
      return row
    })
    when(is(count, '>', 3), () => {
      made = use({ x: 1 })
      return made
    })
    return { kept: use({ x: { deep: [kept] } }), made: use({ x: made }) }`
    expect(await refused(using(body))).toMatchInlineSnapshot(`
      "error[ref-out-of-scope]: "item.id" was made in another body (of a map, a when or a pipeline) and is used outside it
        at program.ts:22:20
        fix: Return it from the body that makes it, and use what that call gives.
      error[ref-out-of-scope]: "use" was made in another body (of a map, a when or a pipeline) and is used outside it
        at program.ts:22:56
        fix: Return it from the body that makes it, and use what that call gives.
      "
    `)
  })

  test('of another pipeline', async () => {
    const text = using(`    let kept: any
    const inner = pipeline('inner', {
      input: z.object({}),
      build: () => {
        kept = list()
        return kept
      },
    })
    inner()
    return use({ x: kept.count })`)
    expect(await refused(text)).toMatchInlineSnapshot(`
      "error[ref-out-of-scope]: "inner/list.count" was made in another body (of a map, a when or a pipeline) and is used outside it
        at program.ts:20:12
        fix: Return it from the body that makes it, and use what that call gives.
      "
    `)
  })
})

describe('a build that is no build', () => {
  test('async', async () => {
    const text = using('    return list()').replace('build: (', 'build: async (')
    expect(await refused(text)).toMatchInlineSnapshot(`
      "error[async-build]: the build of pipeline "demo" is async
        at program.ts:8:21
        fix: Remove async and await: build only wires stages, which run later.
      "
    `)
  })

  test('async, and awaiting a ref', async () => {
    const text = using('    const { count } = await list()\n    return { count }').replace('build: (', 'build: async (')
    expect(await refused(text)).toMatchInlineSnapshot(`
      "error[async-build]: the build of pipeline "demo" is async
        at program.ts:8:21
        fix: Remove async and await: build only wires stages, which run later.
      "
    `)
  })

  test('an async body of a map', async () => {
    const body = '    return map(list().rows, (async (row: any) => use({ x: row })) as any)'
    expect(await refused(using(body))).toMatchInlineSnapshot(`
      "error[async-build]: the body of "map" in the build of pipeline "demo" is async
        at program.ts:11:12
        fix: Remove async and await: build only wires stages, which run later.
      "
    `)
  })

  test('it throws an error with a cause, after other mistakes', async () => {
    const body = "    use({ x: Number.NaN })\n    throw new Error('no plan', { cause: new TypeError('why') })"
    const one = program(using(body))
    const ran = await one.run(['--json'])
    expect(ran.code).toBe(2)
    expect(sameAsJson(ran, one)).toMatchObject({ run: null, status: 'failed' })
    expect(ran.stderr).toMatchInlineSnapshot(`
      "error[literal-not-json]: "x" is NaN, which JSON can't carry
        at program.ts:11:5
        fix: Give a value that JSON can carry.
      error[build-failed]: the build of pipeline "demo" threw Error: no plan, caused by TypeError: why
        at program.ts:12:11
        fix: Mend the build; it runs before any stage, with refs instead of values.
      "
    `)
  })

  test('it throws what is no error', async () => {
    expect(await refused(using('    throw { status: 404 }'))).toMatchInlineSnapshot(`
      "error[build-failed]: the build of pipeline "demo" threw {"status":404}
        at program.ts:8:21
        fix: Mend the build; it runs before any stage, with refs instead of values.
      "
    `)
    expect(await refused(using('    throw undefined'))).toMatchInlineSnapshot(`
      "error[build-failed]: the build of pipeline "demo" threw undefined
        at program.ts:8:21
        fix: Mend the build; it runs before any stage, with refs instead of values.
      "
    `)
  })

  test('it calls itself', async () => {
    expect(await refused(using('    return use({ x: (demo as any)({}) })'))).toMatchInlineSnapshot(`
      "error[recursive-pipeline]: pipeline "demo" calls itself (demo → demo)
        at program.ts:11:34
        fix: Unroll it with a for loop over a fixed number, or with map over a list.
      "
    `)
  })

  test('it calls itself through another, in a map', async () => {
    const text = using('    return middle()').replace(
      'export const demo',
      "const middle: any = pipeline('middle', { input: z.object({}), build: () => map([1, 2], () => demo({})) as any })\nexport const demo: any",
    )
    expect(await refused(text)).toMatchInlineSnapshot(`
      "error[recursive-pipeline]: pipeline "demo" calls itself (demo → middle → demo)
        at program.ts:8:94
        fix: Unroll it with a for loop over a fixed number, or with map over a list.
      "
    `)
  })
})
