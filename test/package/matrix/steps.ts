import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

/** How a command ended. */
export interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Commands of a stranger, one after the other; what is not as it should be is kept as a fault. */
export class Steps {
  readonly faults: string[] = []
  readonly #env: NodeJS.ProcessEnv

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env
  }

  /** An installation that warns of nothing. */
  async installs(folder: string, words: readonly string[]): Promise<boolean> {
    const ended = await this.#run(folder, words)
    const said = withoutPnpNotice(ended.stdout + ended.stderr)
    return this.#holds(words, ended, ended.status === 0 && !/\bwarn|\berr(or)?\b/i.test(said))
  }

  /** A command that prints this to stdout, and warns of nothing. */
  async prints(folder: string, words: readonly string[], stdout: string): Promise<boolean> {
    const ended = await this.#run(folder, words)
    return this.#holds(words, ended, ended.status === 0 && ended.stdout === stdout && !/warn|error/i.test(ended.stderr))
  }

  /** A command that ends with a status, and says each of some texts. */
  async says(folder: string, words: readonly string[], status: number, ...texts: readonly string[]): Promise<boolean> {
    const ended = await this.#run(folder, words)
    const said = ended.stdout + ended.stderr
    return this.#holds(words, ended, ended.status === status && texts.every((each) => said.includes(each)))
  }

  fault(message: string): void {
    this.faults.push(message)
  }

  #holds(words: readonly string[], { status, stdout, stderr }: Ended, right: boolean): boolean {
    if (!right) this.fault(`${words.join(' ')} ended with ${status}:\n${stdout}${stderr}`.trimEnd())
    return right
  }

  // not by spawnSync: the registry answers from this process
  async #run(cwd: string, [command, ...words]: readonly string[]): Promise<Ended> {
    const child = spawn(command as string, words, {
      cwd,
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 600_000,
    })
    const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
    return { status, stdout, stderr }
  }
}

/** Yarn warns of every ES module under Plug'n'Play, ours or not. */
const withoutPnpNotice = (said: string): string =>
  said.includes('YN0092') ? said.replaceAll(/.*YN0092.*\n/g, '').replaceAll('Done with warnings', 'Done') : said
