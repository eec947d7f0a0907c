import { capture, type StageCode, type Words } from '@millrace/ir'
import type { Shape } from './infer.ts'
import { readWords } from './read-words.ts'
import { type Base, type Defining, makeStage, type Stage } from './stage.ts'
import type { WordsOf } from './words.ts'

/** What a stage in Python is defined by. */
export interface PythonSettings<I extends Shape, O extends Shape> extends Base<I, O> {
  /** `new URL('./train.py', import.meta.url)` */
  readonly script: URL
  /** What follows the script on its command line. Default: it takes what `MILLRACE_INPUT` names. */
  readonly args?: WordsOf<I, O> | undefined
  /** Files and folders that it reads besides: they count for its results. Default none. */
  readonly include?: readonly URL[] | undefined
  /** What it runs in on a cluster. Default the environment's image for Python. */
  readonly image?: string | undefined
}

/** What a stage in a container is defined by. */
export interface ContainerSettings<I extends Shape, O extends Shape> extends Base<I, O> {
  /** The image. */
  readonly image: string
  /** What runs in it, instead of its entry point. */
  readonly command: WordsOf<I, O>
  /** What to run instead where there is no container engine. */
  readonly local?: WordsOf<I, O> | undefined
}

/** A stage that is a Python script: a function with `@stage`, a command line, or by hand. No cluster runs it yet. */
export function python<I extends Shape, O extends Shape>(name: string, options: PythonSettings<I, O>): Stage<I, O> {
  const code = (defining: Defining): StageCode => {
    const { script, args, include, image } = given(options)
    if (!isFile(script))
      defining.wrong('script is no file URL', 'script', "Give new URL('./train.py', import.meta.url).")
    const included: unknown[] = Array.isArray(include) ? include : []
    if ((include !== undefined && !Array.isArray(include)) || !included.every(isFile))
      defining.wrong(
        'include is no list of file URLs',
        'include',
        "Give [new URL('./helpers/', import.meta.url)], or leave it out.",
      )
    const files = included.filter(isFile).map(({ href }) => href.replace(/\/$/, ''))
    return {
      kind: 'python',
      script: isFile(script) ? script.href : '',
      ...(args === undefined ? {} : { args: words(args, 'args', defining) }),
      ...(include === undefined ? {} : { include: files }),
      ...(image === undefined ? {} : { image: readImage(image, defining) }),
    }
  }
  return makeStage('python', code, name, options, capture(python))
}

/** A stage that is any container image following the stage contract. Not run yet. */
export function container<I extends Shape, O extends Shape>(
  name: string,
  options: ContainerSettings<I, O>,
): Stage<I, O> {
  const code = (defining: Defining): StageCode => {
    const { image, command, local } = given(options)
    return {
      kind: 'container',
      image: readImage(image, defining),
      command: program(command, 'command', defining),
      ...(local === undefined ? {} : { local: program(local, 'local', defining) }),
    }
  }
  return makeStage('container', code, name, options, capture(container))
}

/** A program in JavaScript may leave out options, or give anything. */
const given = <T extends object>(options: T): { readonly [K in keyof T]?: unknown } => options ?? {}

const isFile = (value: unknown): value is URL => value instanceof URL && value.protocol === 'file:'

function readImage(image: unknown, { wrong }: Defining): string {
  if (typeof image === 'string' && image.trim() !== '') return image
  wrong(`image is ${JSON.stringify(image) ?? String(image)}`, 'image', "Give a name, for example 'python:3.13-slim'.")
  return ''
}

function words(value: unknown, option: string, { owner, problems }: Defining): Words {
  const read = readWords(value, option, owner)
  problems.push(...read.problems)
  return read.words
}

/** Words of which the first is a program. */
function program(value: unknown, option: string, defining: Defining): Words {
  const before = defining.problems.length
  const found = words(value, option, defining)
  const none = found.length === 0 || found[0] === ''
  if (none && defining.problems.length === before)
    defining.wrong(`${option} names no program`, option, "Give the program first: ['score', '--fast'].")
  return found
}
