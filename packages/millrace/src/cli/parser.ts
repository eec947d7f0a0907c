import { basename } from 'node:path'
import { targets } from '@millrace/compiler'
import { DiagnosticError, didYouMean, millisecondsOf, nowhere } from '@millrace/ir'
import { Command, CommanderError, Option } from 'commander'
import { startedBy } from '../entry.ts'
import { version } from '../version.ts'
import { parameterMeant, parametersHelp } from './support/help.ts'
import { type Invocation, usage } from './support/invocation.ts'
import { clusterClient, withPackage } from './support/optional-package.ts'
import type {
  CallOptions,
  CommonOptions,
  CompileOptions,
  ParameterOptions,
  RunOptions,
  RunsOptions,
  StoreOptions,
  SubmitOptions,
  TypesOptions,
} from './support/options.ts'
import type { Report } from './support/report.ts'
import { toStdout } from './support/stdout.ts'
import { visible } from './support/visible.ts'

const append = (value: string, before: readonly string[]): readonly string[] => [...before, value]

const whole =
  (name: string) =>
  (text: string): number => {
    if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
    throw usage(`--${name} is "${text}"`, `Give --${name} a whole number from 1.`)
  }

const duration =
  (name: string, example: string) =>
  (text: string): string => {
    if ((millisecondsOf(text) ?? 0) > 0) return text
    const fix = `Give --${name} a whole number and a unit (ms, s, m, h, d), for example ${example}.`
    throw usage(`--${name} is "${text}"`, fix)
  }

/** Parses the command line and runs the command it names; gives the exit code. Handlers are loaded when named. */
export async function parse(invocation: Invocation, report: Report): Promise<number> {
  const program = basename(invocation.entry)
  const started = startedBy()
  let exit = 0
  const root = new Command(program)
  const settle = (command: Command): Command =>
    command
      .exitOverride()
      .configureOutput({ writeErr: () => {}, writeOut: (text) => void toStdout(visible(text)) })
      .allowExcessArguments(false)
      .helpOption('-h, --help', 'show this')
      .helpCommand(false)
  const examples = (command: Command, lines: readonly string[]): Command =>
    command.addHelpText('before', `Examples:\n${lines.map((line) => `  ${line}`).join('\n')}\n`)
  const command = (name: string, description: string, more: { readonly isDefault?: boolean } = {}): Command => {
    const made = settle(root.command(name, more).description(description))
      .option('--store <dir>', 'the store (default: .millrace beside the program)')
      .option('--pipeline <name>', 'which pipeline of the program')
      .option('--json', 'machine-readable on stdout')
      .addOption(
        new Option('--progress <how>', 'how to show progress')
          .choices(['auto', 'tty', 'plain', 'quiet'])
          .default('auto'),
      )
      .option('--no-color', 'no escape codes')
      .addOption(new Option('--trace', 'show our own frames of an error').hideHelp())
    return made
  }
  const parameters = (made: Command, environment = 'the environment (default: laptop)'): Command =>
    made
      .option('--param <name=value>', 'set a parameter; repeat for more', append, [])
      .option('--params <file>', 'parameters from a YAML or JSON file')
      .option('--environment <name>', environment)
      .addHelpText('after', () => parametersHelp(invocation.pipelines))
  const on = <T>(made: Command, handler: (options: T, words: readonly string[]) => Promise<number>): void => {
    made.action(async (...given: unknown[]) => {
      exit = await handler(made.opts() as T, given.slice(0, -2) as string[])
    })
  }

  settle(root)
    .version(version(), '-V, --version', 'show the version')
    .addHelpText('after', () => parametersHelp(invocation.pipelines))
  root.usage('[command] [options]')
  examples(root, [`${started} ${program} --param name=value`, `${started} ${program} plan`])

  const run = parameters(command('run', 'run the pipeline here (the default)', { isDefault: true }))
    .option('--target <name>', 'where to run; without a command, kubernetes is for compile', 'local')
    .option('--jobs <n>', 'stages at once (default: what the machine holds)', whole('jobs'))
    .option('--fresh', 'start a new run and take nothing from the cache')
    .option('--fail-fast', 'stop at the first failure')
    .option('--strict', 'refuse requests that this machine cannot meet')
    .option('--verify', 'verify also very large artifacts byte by byte')
    .option('--timeout <t>', 'cancel the run after this time, for example 10m', duration('timeout', '10m'))
    .option('--from <stage>', 'recompute this stage and all below it')
    .option('--in-process', 'run all TypeScript stages in this process, for debuggers')
  on<RunOptions>(run, async (options) => (await import('./commands/run.ts')).runCommand(invocation, options, report))

  const plan = parameters(command('plan', 'what would run, and why'))
  on<CommonOptions & ParameterOptions>(plan, async (options) =>
    (await import('./commands/plan.ts')).planCommand(invocation, options, report),
  )

  const cluster = 'the environment (default: the only one of a cluster)'
  const compile = examples(parameters(command('compile', 'write Kubernetes manifests'), cluster), [
    `${started} ${program} compile --environment onprem`,
    `${started} ${program} compile --check`,
  ])
    .option('--target <name>', 'what to write', 'kubernetes')
    .option('--out <dir>', 'where to write', 'deploy')
    .option('--policy', 'also write an admission policy that fences the driver, for an administrator')
    .option('--check', 'write nothing; fail when the committed files differ from the program')
  on<CompileOptions>(compile, async (options) =>
    (await import('./commands/compile.ts')).compileCommand(invocation, options, report),
  )

  const submit = examples(parameters(command('submit', 'run it on a cluster and follow'), cluster), [
    `${started} ${program} submit --environment onprem`,
    `${started} ${program} submit --retry`,
  ])
    .option('--detach', 'apply, and do not follow')
    .option('--retry', 'remove what ended and failed before, so that it runs again')
    .option('--timeout <t>', 'follow no longer than this; the run goes on', duration('timeout', '10m'))
  on<SubmitOptions>(submit, async (options) => {
    const { submitCommand } = await withPackage('submit', ...clusterClient, () => import('./commands/submit.ts'))
    return submitCommand(invocation, options, report)
  })

  const check = examples(
    parameters(command('check', 'whether it fits each environment'), 'only this environment (default: all)'),
    [`${started} ${program} check`, `${started} ${program} check --environment onprem`],
  )
  on<CommonOptions & ParameterOptions>(check, async (options) =>
    (await import('./commands/check.ts')).checkCommand(invocation, options, report),
  )

  const diff = examples(command('diff', 'how two environments differ'), [`${started} ${program} diff onprem cloud`])
    .argument('[a]', 'an environment')
    .argument('[b]', 'another')
  on<CommonOptions>(diff, async (options, words) =>
    (await import('./commands/diff.ts')).diffCommand(invocation, options, words, report),
  )

  const graph = command('graph', 'draw the pipeline').addOption(
    new Option('--format <format>', 'how').choices(['mermaid', 'dot', 'json']).default('mermaid'),
  )
  on<CommonOptions & { format: 'mermaid' | 'dot' | 'json' }>(graph, async (options) =>
    (await import('./commands/graph.ts')).graphCommand(invocation, options, report),
  )

  const types = examples(command('types', 'write types for Python scripts'), [
    `${started} ${program} types`,
    `${started} ${program} types --check`,
  ]).option('--check', 'write nothing; fail when the files differ from the program')
  on<TypesOptions>(types, async (options) =>
    (await import('./commands/types.ts')).typesCommand(invocation, options, report),
  )

  const runs = command('runs', 'list, show, logs, compare, fetch')
    .argument('[what]', 'list, show, logs, compare or fetch')
    .argument('[id]', 'a run; may be shortened, none means the last')
    .argument('[more]', 'with show: a call, as fold[3]; logs: a stage; compare: the other run; fetch: the folder')
    .option('--all', 'with show: each event, not a line for each stage')
    .option('--environment <name>', 'with logs: of the pods in this cluster, as long as it keeps them')
  on<RunsOptions>(runs, async (options, words) =>
    (await import('./commands/runs.ts')).runsCommand(invocation, options, words, report),
  )

  const call = examples(parameters(command('call', 'run one call again, as it was given')), [
    `${started} ${program} call 'fold[3]'`,
    `${started} ${program} call 'fold[3]' --run 20260102 --inspect`,
  ])
    .argument('[call]', 'a call as runs show writes it: fold, fold[3]')
    .option('--run <id>', 'the run; may be shortened (default: the last)')
    .option('--inspect', 'wait for a debugger first')
  on<CallOptions>(call, async (options, words) =>
    (await import('./commands/call.ts')).callCommand(invocation, options, words, report),
  )

  const store = examples(command('store', 'look after the store: prune'), [
    `${started} ${program} store prune`,
    `${started} ${program} store prune --older-than 30d --dry-run`,
    `${started} ${program} store prune --keep 10`,
  ])
    .argument('[what]', 'prune: remove what no result refers to, and with the options below what is old')
    .option(
      '--older-than <t>',
      'also runs that ended so long ago, and results not used since',
      duration('older-than', '30d'),
    )
    .option('--keep <n>', 'keep the last n runs of each pipeline; alone: also remove all other runs', whole('keep'))
    .option('--dry-run', 'only tell what would be removed')
  on<StoreOptions>(store, async (options, words) =>
    (await import('./commands/store.ts')).storeCommand(invocation, options, words, report),
  )

  const words = commandFirst(root, invocation.arguments)
  try {
    await root.parseAsync(words, { from: 'user' })
    return exit
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return 0
    throw told(error, root, words, invocation)
  }
}

/**
 * Options may stand before the command: `--store dir plan` is `plan --store dir`. Without one, the target says which is
 * meant.
 */
function commandFirst(root: Command, words: readonly string[]): string[] {
  const valued = new Set(
    root.commands.flatMap((command) =>
      command.options.filter((option) => option.required).flatMap((option) => option.long ?? []),
    ),
  )
  let target: string | undefined
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string
    if (word === '--target') target = words[at + 1]
    else if (word.startsWith('--target=')) target = word.slice('--target='.length)
    if (valued.has(word)) at++
    else if (!word.startsWith('-')) return [word, ...words.slice(0, at), ...words.slice(at + 1)]
  }
  return target === undefined || target === 'local' ? [...words] : [commandOf(target), ...words]
}

/** The command that is meant where only a target is named; an unknown target is run's to refuse. */
const commandOf = (target: string): string => (Object.hasOwn(targets, target) ? 'compile' : 'run')

/** Commander's complaint as ours, with the word that was probably meant. */
function told(
  error: CommanderError,
  root: Command,
  words: readonly string[],
  { pipelines, arguments: given }: Invocation,
): DiagnosticError {
  const commands = root.commands.map((command) => command.name())
  const word = words.find((at) => !at.startsWith('-')) ?? ''
  const named = root.commands.find((command) => command.name() === word)
  if (error.code === 'commander.excessArguments' && !named) {
    const near = didYouMean(word, commands)
    return usage(
      `there is no command "${word}"${near === undefined ? '' : ` (did you mean "${near}"?)`}`,
      `Use one of: ${commands.join(', ')}.`,
    )
  }
  const message = error.message.replace(/^error: /, '').split('\n')[0] ?? ''
  const flag = /^unknown option '(--?[\w-]+)/.exec(message)?.[1]
  if (flag !== undefined) {
    const meant = parameterMeant(flag, given, pipelines)
    if (meant !== undefined) return usage(`there is no option "${flag}"; it is a parameter`, `Write --param ${meant}.`)
    const known = (named ?? root.commands[0] ?? root).options.flatMap((option) => option.long ?? [])
    const near = didYouMean(flag, known)
    return usage(
      `${named ? `"${word}" has` : 'there is'} no option "${flag}"${near === undefined ? '' : ` (did you mean "${near}"?)`}`,
      `See --help${named ? ` of ${word}` : ''} for the options.`,
    )
  }
  return new DiagnosticError([
    { code: 'usage', severity: 'error', message, at: nowhere, fix: 'See --help for how to write it.' },
  ])
}
