import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { cpSync, readFileSync, rmdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe } from 'vitest'
import { type Files, writeProgram } from './files.ts'
import { endOf, type Kube, type Told } from './kube-objects.ts'
import { planIn } from './plan-in.ts'
import { finish, root } from './processes.ts'
import { emptied, storePod } from './store-pod.ts'

export * from './kube-objects.ts'

const command = process.env.KUBECTL ?? 'kubectl'

/** Why the tests on a cluster are left out, if they are. */
export const noCluster = ((): string | undefined => {
  if (!process.env.KUBECONFIG) return 'KUBECONFIG names no cluster'
  const asked = spawnSync(command, ['get', '--raw', '/readyz', '--request-timeout=5s'], { encoding: 'utf8' })
  if (asked.error) return `there is no ${command}`
  return asked.status === 0 ? undefined : `the cluster of KUBECONFIG does not answer: ${asked.stderr.trim()}`
})()

export const onCluster: typeof describe = noCluster === undefined ? describe : (describe.skip as typeof describe)

interface Said {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const unanswered = /Unable to connect to the server|TLS handshake timeout|connection refused|was refused|i\/o timeout/

interface Streamed {
  readonly ended: Promise<Said>
  stop(): void
}

function start(args: readonly string[], input = '', onText: (text: string) => void = () => {}): Streamed {
  const child = spawn(command, args, { stdio: 'pipe' })
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text
      if (name === 'stdout') onText(text)
    })
  child.stdin.on('error', () => {}).end(input)
  const ended = new Promise<Said>((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve({ code, ...said }))
  })
  return { ended, stop: () => void child.kill() }
}

/** A compiled pipeline. */
export interface Compiled {
  /** Of its manifests. */
  readonly folder: string
  /** Of its program. */
  readonly program: string
  readonly driver: string
  /** Names of the Jobs by node. */
  readonly jobs: Readonly<Record<string, string>>
}

/** The claim that programs of a namespace share, where their environment names none. */
const ownClaim = 'millrace-store'

/** A namespace for the tests of one file, which goes with them. */
export class Space {
  readonly name: string
  readonly #folders = new Set<string>()

  constructor(name: string) {
    this.name = `e2e-${name}-${randomBytes(3).toString('hex')}`
  }

  async make(): Promise<void> {
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' }
    await this.ok(['create', '-f', '-'], { apiVersion: 'v1', kind: 'Namespace', metadata: { name: this.name, labels } })
  }

  /** What is left of volumes that are kept is for nobody: they are emptied and given back. */
  async remove(): Promise<void> {
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
    await this.kubectl(['delete', 'jobs,pods', '--all', '--wait=false', '--grace-period=1'])
    const volumes = (await this.list('persistentvolumes')).filter(
      ({ spec }) => spec.claimRef?.namespace === this.name && spec.persistentVolumeReclaimPolicy === 'Retain',
    )
    if (volumes.length > 0) await this.inStore(emptied, ...volumes.map(({ spec }) => spec.claimRef.name as string))
    await this.kubectl(['delete', 'namespace', this.name, '--timeout=120s'])
    for (const { metadata } of volumes)
      await this.kubectl([
        'patch',
        'persistentvolume',
        metadata.name,
        '--type=merge',
        '-p',
        '{"spec":{"claimRef":null}}',
      ])
  }

  /** A server that does not answer for a while is asked again. */
  async kubectl(args: readonly string[], object?: object | string): Promise<Said> {
    const input = typeof object === 'object' ? JSON.stringify(object) : object
    for (let tries = 1; ; tries++) {
      const said = await start(['-n', this.name, ...args], input).ended
      if (said.code === 0 || tries === 12 || !unanswered.test(said.stderr)) return said
      await sleep(3000)
    }
  }

  /** @throws Error when it fails */
  async ok(args: readonly string[], object?: object | string): Promise<string> {
    const { code, stdout, stderr } = await this.kubectl(args, object)
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`)
    return stdout
  }

  async list(kind: string, selector = ''): Promise<Kube[]> {
    const text = await this.ok(['get', kind, '-o', 'json', ...(selector === '' ? [] : ['-l', selector])])
    return (JSON.parse(text) as { readonly items: Kube[] }).items
  }

  async get(kind: string, name: string): Promise<Kube> {
    return JSON.parse(await this.ok(['get', kind, name, '-o', 'json'])) as Kube
  }

  podsOf(job: string): Promise<Kube[]> {
    return this.list('pods', `batch.kubernetes.io/job-name=${job}`)
  }

  /** Writes a program and compiles it; one that is there is compiled again. */
  async compile(
    files: Files,
    given: { readonly args?: readonly string[]; readonly in?: string } = {},
  ): Promise<Compiled> {
    const folder = given.in ?? this.#newFolder()
    writeProgram(folder, {
      ...(typeof files === 'string' ? { 'program.ts': files } : files),
      'millrace.config.ts': this.#config,
    })
    return this.#compile(folder, 'program.ts', given.args ?? [])
  }

  /** Compiles an example for this namespace. */
  async compileExample(name: string, entry: string, args: readonly string[] = []): Promise<Compiled> {
    const folder = this.#newFolder()
    const from = join(root, 'examples', name)
    cpSync(from, folder, {
      recursive: true,
      filter: (path) => !/node_modules|\.millrace|golden/.test(path.slice(from.length)),
    })
    symlinkSync(join(from, 'node_modules'), join(folder, 'node_modules'))
    writeProgram(folder, { 'millrace.config.ts': this.#config })
    return this.#compile(folder, entry, args)
  }

  get #config(): string {
    return `import { defineConfig, onPrem, volume } from 'millrace/config'
const store = volume({ size: '1Gi', accessMode: 'ReadWriteMany' })
export default defineConfig({ environments: { cluster: onPrem({ namespace: '${this.name}', store }) } })
`
  }

  #newFolder(): string {
    const folder = join(root, 'test/.tmp', randomBytes(6).toString('hex'))
    this.#folders.add(folder)
    return folder
  }

  async #compile(folder: string, entry: string, args: readonly string[]): Promise<Compiled> {
    const all = ['compile', '--environment', 'cluster', '--out', 'out', '--json', ...args]
    const { code, stdout, stderr, events } = await finish(folder, all, { entry, timeout: 400_000 })
    if (code !== 0) throw new Error(`compile ended with ${code}:\n${stdout}${stderr}`)
    const manifests = join(folder, (events()[0] as { readonly folder: string }).folder)
    const plan = planIn(manifests) as { readonly jobs: Readonly<Record<string, { readonly name: string }>> }
    return {
      folder: manifests,
      program: folder,
      driver: /^ {2}name: "(.+)"$/m.exec(readFileSync(join(manifests, 'run/driver.job.yaml'), 'utf8'))?.[1] as string,
      jobs: Object.fromEntries(Object.entries(plan.jobs).map(([node, { name }]) => [node, name])),
    }
  }

  apply({ folder }: Compiled): Promise<string> {
    return this.ok(['apply', '--server-side', '-k', folder])
  }

  /** Is told each time that a Job is seen released, with its width and how many of it may run at once. */
  watchReleases(saw: (job: string, width: number, atOnce: number) => void): { stop(): void } {
    let rest = ''
    const line = 'jsonpath={.metadata.name} {.spec.suspend} {.spec.completions} {.spec.parallelism}{"\\n"}'
    return start(['-n', this.name, 'get', 'jobs', '--watch', '-o', line], '', (text) => {
      const lines = `${rest}${text}`.split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const [job, suspend, width, atOnce] = line.split(' ')
        if (job && suspend === 'false') saw(job, Number(width), Number(atOnce))
      }
    })
  }

  /** Waits until something is there. */
  async until<T>(what: string, look: () => Promise<T | undefined | false>, seconds = 400): Promise<T> {
    const end = Date.now() + seconds * 1000
    for (;;) {
      const found = await look()
      if (found !== undefined && found !== false) return found
      if (Date.now() > end) throw new Error(`${what} did not come within ${seconds} s`)
      await sleep(300)
    }
  }

  /** Waits until a Job is Complete or Failed. */
  ended(job: string, seconds = 400): Promise<Kube> {
    const look = async () => {
      const found = await this.get('job', job)
      return endOf(found) === undefined ? undefined : found
    }
    return this.until(`the end of the Job ${job}`, look, seconds)
  }

  /** The events that a driver's pods told, the last pod's last. */
  async events(driver: string): Promise<Told[]> {
    const pods = (await this.podsOf(driver)).sort((a, b) =>
      a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1,
    )
    const logs = []
    for (const { metadata } of pods) logs.push(await this.ok(['logs', metadata.name]))
    return logs.flatMap(toEvents)
  }

  /** The events that a driver tells until it ends: those of its first pod, which is the only one unless that is killed. */
  async told(driver: string, seconds = 400): Promise<Told[]> {
    const args = ['logs', '-f', `job/${driver}`, `--pod-running-timeout=${seconds}s`]
    const look = async () => {
      const job = await this.kubectl(['get', 'job', driver, '-o', 'json'])
      const events = toEvents((await this.kubectl(args)).stdout)
      // a kubelet may end the log of a container that has only just started
      const over = job.code !== 0 || endOf(JSON.parse(job.stdout) as Kube) !== undefined
      return (events.at(-1)?.event === 'run.finished' || over) && events
    }
    return this.until(`the log of ${driver}`, look, seconds)
  }

  /** Follows a driver's first pod: its events so far, also when it is deleted. */
  async follow(driver: string): Promise<Followed> {
    const pod = await this.until(`a running pod of ${driver}`, async () =>
      (await this.podsOf(driver)).find(({ status }) => status.phase !== 'Pending'),
    )
    let text = ''
    const logs = start(['-n', this.name, 'logs', '-f', pod.metadata.name], '', (more) => {
      text += more
    })
    const events = () => toEvents(text.slice(0, text.lastIndexOf('\n') + 1))
    return {
      pod: pod.metadata.name,
      events,
      stop: logs.stop,
      said: (what, wanted, seconds) => this.until(what, async () => events().find(wanted), seconds),
    }
  }

  /** The claim of a store of its own in this namespace. */
  async claim(): Promise<string> {
    const name = `store-${randomBytes(3).toString('hex')}`
    await this.ok(['create', '-f', '-'], {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name },
      spec: { accessModes: ['ReadWriteMany'], resources: { requests: { storage: '1Gi' } } },
    })
    return name
  }

  /**
   * The folder of this machine that a claim's volume is, if it is one, and can be written to from here: what one pod of
   * the cluster put there is looked for, as another machine may have a folder of that name.
   */
  async folderOf(claim: string): Promise<string | undefined> {
    const mark = `mark-${randomBytes(8).toString('hex')}`
    await this.inStore(`fs.mkdirSync('${mark}')`, claim)
    const bound = await this.get('persistentvolumeclaim', claim)
    const { spec } = await this.get('persistentvolume', bound.spec.volumeName)
    const folder: string | undefined = spec.hostPath?.path ?? spec.local?.path
    if (folder === undefined) return undefined
    try {
      rmdirSync(join(folder, mark))
      return folder
    } catch {
      return undefined
    }
  }

  /** Lets go what waits at a gate, a file in the store. */
  async open(gate: string): Promise<void> {
    await this.inStore(`fs.writeFileSync('${gate}', '')`)
  }

  /** What a piece of code gives that runs in a pod, in the folder of the first of some claims, as JSON. */
  async inStore(code: string, ...claims: readonly string[]): Promise<unknown> {
    const name = `look-${randomBytes(3).toString('hex')}`
    await this.ok(['create', '-f', '-'], storePod(name, code, claims.length > 0 ? claims : [ownClaim]))
    const ended = '--for=jsonpath={.status.containerStatuses[0].state.terminated.exitCode}'
    await this.ok(['wait', `pod/${name}`, ended, '--timeout=400s'])
    return JSON.parse(await this.ok(['logs', name]))
  }
}

interface Followed {
  readonly pod: string
  events(): Told[]
  /** Waits for an event. */
  said(what: string, wanted: (told: Told) => boolean, seconds?: number): Promise<Told>
  stop(): void
}

const toEvents = (log: string): Told[] =>
  log
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Told)

/** A namespace for the tests of this file. */
export function space(name: string): Space {
  const made = new Space(name)
  beforeAll(() => made.make(), 120_000)
  afterAll(() => made.remove(), 300_000)
  return made
}
