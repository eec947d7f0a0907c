import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Manager } from './managers.ts'
import { dependencies, type Kind, kinds, printed, printedByCommonJs, writeProgram, writeProject } from './projects.ts'
import type { Steps } from './steps.ts'
import { type NodeVersion, nodes, type TypeScriptVersion, typescripts } from './tools.ts'

/** One way in, tried in an empty folder. */
export interface Trial {
  readonly name: string
  readonly node: NodeVersion
  go(folder: string, steps: Steps): Promise<void>
}

/** Installs what a project of some kind asks for, and starts its program in every way. */
export const projectTrials = (manager: Manager): Trial[] =>
  kinds.flatMap((kind) =>
    typescripts.flatMap((typescript) => nodes.map((node) => projectTrial(manager, kind, typescript, node))),
  )

function projectTrial(manager: Manager, kind: Kind, typescript: TypeScriptVersion, node: NodeVersion): Trial {
  return {
    name: `${manager.name}, ${kind}, TypeScript ${typescript}, Node ${node}`,
    node,
    go: async (root, steps) => {
      const { folder, program, commonJs } = writeProject(root, kind, manager, typescript)
      if (!(await steps.installs(root, manager.install))) return
      // `yarn node` of Plug'n'Play starts no .mts in such a project, whatever it imports
      if (!(manager.pnp && kind === 'commonjs')) await steps.prints(folder, [...manager.node, program], printed)
      await steps.prints(folder, [...manager.exec, 'tsx', program], printed)
      await steps.prints(folder, [...manager.exec, 'millrace', program], printed)
      if (commonJs !== undefined) await steps.prints(folder, [...manager.node, commonJs], printedByCommonJs)
      // TypeScript 7 finds no packages there
      if (!(manager.pnp && typescript.startsWith('7'))) await steps.prints(folder, [...manager.exec, 'tsc'], '')
    },
  }
}

/** What the README says: the package and zod, added to an empty project, and nothing else. */
export const addTrials = (manager: Manager): Trial[] =>
  nodes.map((node) => ({
    name: `${manager.name}, add, Node ${node}`,
    node,
    go: async (folder, steps) => {
      for (const [name, text] of Object.entries(manager.files)) writeFileSync(join(folder, name), text)
      writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'empty', private: true, type: 'module' }))
      writeProgram(folder)
      if (!(await steps.installs(folder, [...manager.add, 'millrace', 'zod']))) return
      if (manager.name === 'npm') measure(join(folder, 'node_modules'), steps)
      await steps.installs(folder, [...manager.add, ...Object.keys(dependencies)])
      await steps.prints(folder, [...manager.node, 'pipeline.ts'], printed)
      await steps.prints(folder, [...manager.exec, 'millrace', 'pipeline.ts'], printed)
      await steps.says(folder, [...manager.node, 'pipeline.ts', 'compile'], 2, 'error[')
    },
  }))

/** A stranger's first hour: makes a project, runs it, changes it, breaks it, sees why, and compiles it. */
export const strangerTrials = (manager: Manager): Trial[] =>
  nodes.map((node) => ({
    name: `${manager.name}, stranger, Node ${node}`,
    node,
    go: async (base, steps) => {
      if (
        !(await steps.installs(base, [
          ...manager.create,
          'words',
          ...manager.beforeOptions,
          '--template',
          'hello',
          '--no-git',
        ]))
      )
        return
      const folder = join(base, 'words')
      const path = join(folder, 'pipeline.ts')
      const program = [...manager.node, 'pipeline.ts']
      const ran = (counts: string) => `\n${counts}, 0 skipped, 0 failed`
      await steps.says(folder, program, 0, '{"words":["much","depends"]}', ran('2 ran, 0 cached'))
      await steps.says(folder, program, 0, '{"words":["much","depends"]}', ran('0 ran, 2 cached'))
      await steps.says(folder, [...manager.script, 'test'], 0, 'pass 2')
      await steps.says(folder, [...manager.script, 'check'], 0, 'fits')

      edit(path, 'b.times - a.times', 'a.times - b.times')
      await steps.says(folder, [...program, 'plan'], 0, 'code changed')
      await steps.says(folder, program, 0, '{"words":["so","on"]}', ran('1 ran, 1 cached'))

      const why = ['stage-threw', 'there is no word in "123"', 'pipeline.ts:11']
      await steps.says(folder, [...program, '--param', 'text=123'], 1, ...why)
      await steps.says(folder, [...program, 'runs', 'show'], 0, ...why)
      await steps.says(folder, [...program, 'call', 'count'], 1, ...why)
      edit(path, 'if (!words) throw new Error(`there is no word in "${text}"`)', 'if (!words) return { counts: [] }')
      await steps.says(folder, [...program, 'call', 'count'], 0, '{"counts":[]}')
      await steps.says(folder, [...program, '--param', 'text=123'], 0, '{"words":[]}')

      await steps.says(folder, [...program, 'compile'], 0, 'deploy/hello/onprem')
      await steps.says(folder, [...program, 'compile', '--check'], 0, 'is up to date')
    },
  }))

function edit(path: string, from: string, to: string): void {
  const text = readFileSync(path, 'utf8')
  if (!text.includes(from)) throw new Error(`${path} holds no ${from}`)
  writeFileSync(path, text.replace(from, to))
}

/** At most 40 MB and 10 packages, without the packages that a program may lack. */
function measure(modules: string, steps: Steps): void {
  const files = readdirSync(modules, { recursive: true, encoding: 'utf8' }).map((name) => join(modules, name))
  const megabytes = files.reduce((sum, file) => sum + statSync(file).size, 0) / 1e6
  const packages = files.filter((file) => /node_modules\/(@[^/]+\/)?[^/]+\/package\.json$/.test(file)).length
  console.log(`       ${megabytes.toFixed(1)} MB in ${packages} packages`)
  if (megabytes > 40 || packages > 10) steps.fault('more than 40 MB or 10 packages')
}
