import { gzipSync } from 'node:zlib'
import {
  archiveDigest,
  type ClusterJob,
  type ClusterPlan,
  type Diagnostic,
  type Digest,
  digestBytes,
  digestJson,
  type Json,
  type JsonObject,
  optionsOf,
  type PlanStage,
  type PlanStageSpec,
  packArchive,
  podFiles,
} from '@millrace/ir'
import type { ClusterEnvironment } from '../../cluster/environment.ts'
import { placeStage } from '../../cluster/placement/placement.ts'
import { stageArchive } from '../../code/ship/emitted-stage.ts'
import type { Lowered, TargetFile, TargetProgram } from '../target.ts'
import {
  defaultClaim,
  driverBinding,
  driverJob,
  driverPod,
  driverRole,
  fileConfigMap,
  planPart,
  type RunParts,
  serviceAccount,
  storeClaim,
} from './driver-objects.ts'
import { Inputs } from './inputs.ts'
import { JobTemplates } from './job-templates.ts'
import { labelsOf } from './labels.ts'
import { contentName, policyFile } from './names.ts'
import { mapsAround } from './parallel.ts'
import { findPlaintextSecrets } from './plain-secrets.ts'
import { driverPolicy, driverPolicyBinding } from './policy.ts'

/** Bytes of a gzipped part of the plan: the API server refuses a ConfigMap with more than 1 MiB of data. */
const planPartLimit = 1_000_000

/** How many of these a driver can read within its memory. */
const mostPlanParts = 4

/** Bytes of names in one Role: etcd refuses objects above 1.5 MiB. */
const roleLimit = 1_200_000

/** A program for a cluster. */
export interface ClusterProgram extends TargetProgram {
  readonly environment: ClusterEnvironment
}

/** Lowers a Plan to manifests, one object a file. What the API server would refuse is a diagnostic. */
export const lower = (program: ClusterProgram): Lowered => new Lowering(program).lower()

class Lowering {
  readonly #program: ClusterProgram
  readonly #files: TargetFile[] = []
  readonly #diagnostics: Diagnostic[] = []
  readonly #inputs = new Inputs()
  readonly #templates = new JobTemplates()

  constructor(program: ClusterProgram) {
    this.#program = program
  }

  lower(): Lowered {
    const jobs = this.#jobs()
    if (this.#diagnostics.length > 0) return { files: [], diagnostics: this.#diagnostics }
    this.#run(jobs)
    for (const folder of ['jobs', 'run']) this.#kustomization(folder)
    this.#put('kustomization.yaml', kustomization(['jobs', 'run']))
    if (this.#program.policy) this.#policy()
    return { files: this.#files, diagnostics: [...this.#diagnostics, ...findPlaintextSecrets(this.#program)] }
  }

  #put(path: string, content: object): void {
    this.#files.push({ path, content })
  }

  /** Lists what was put into a folder. */
  #kustomization(folder: string): void {
    const names = this.#files.flatMap(({ path }) =>
      path.startsWith(`${folder}/`) ? [path.slice(folder.length + 1)] : [],
    )
    this.#put(`${folder}/kustomization.yaml`, kustomization(names))
  }

  #refuse(node: string, code: Diagnostic['code'], message: string, fix: string): void {
    this.#diagnostics.push({ code, severity: 'error', message, at: this.#program.at(node), fix })
  }

  #jobs(): ReadonlyMap<string, ClusterJob> {
    const { plan, environment, runner } = this.#program
    const around = mapsAround(plan)
    const runnerName = contentName('millrace-runner', digestBytes(runner))
    this.#put(
      `jobs/${runnerName}.configmap.yaml`,
      fileConfigMap(
        environment,
        { 'app.kubernetes.io/managed-by': 'millrace' },
        runnerName,
        podFiles.runner,
        zipped(runner),
      ),
    )
    const code = new Map<string, string>()
    const jobs = new Map<string, ClusterJob>()
    const names = new Map<string, string>()
    const equal = new Map<string, number>()
    for (const node of plan.nodes) {
      if (node.kind !== 'stage') continue
      const placed = placeStage(optionsOf(plan, node).resources, environment)
      if ('problem' in placed) {
        this.#refuse(
          node.id,
          'does-not-fit',
          `"${node.id}" does not fit the environment "${this.#program.environmentName}": ${placed.problem}`,
          placed.fix,
        )
        continue
      }
      let codeName = code.get(node.stage)
      if (codeName === undefined) {
        codeName = this.#code(node)
        code.set(node.stage, codeName)
      }
      const { mapped, parallel } = around(node)
      const common = { plan, node, environment, placement: placed, runner: runnerName, claim: this.#claim, mapped }
      const fill = (ordinal: number) => this.#templates.fill({ ...common, code: codeName, ordinal })
      const first = fill(1)
      const ordinal = (equal.get(first.name) ?? 0) + 1
      equal.set(first.name, ordinal)
      const { name, content, print, ...backoff } = ordinal === 1 ? first : fill(ordinal)
      const same = names.get(name)
      if (same !== undefined) throw new Error(`the Jobs of "${same}" and "${node.id}" have one name: ${name}`)
      names.set(name, node.id)
      jobs.set(node.id, { name, mapped, ...(parallel === undefined ? {} : { parallel }), ...backoff })
      this.#files.push({ path: `jobs/${name}.job.yaml`, content, print })
    }
    return jobs
  }

  #code(node: PlanStage): string {
    const { plan, environment, stages } = this.#program
    const { name } = plan.stages[node.stage] as PlanStageSpec
    const emitted = stages.get(node.stage)
    if (!emitted) throw new Error(`no code of stage "${name}"`)
    const archive = stageArchive(emitted)
    const mapName = contentName(`${plan.pipeline.slice(0, 21)}-${name.slice(0, 22)}-code`, archiveDigest(archive))
    this.#put(
      `jobs/${mapName}.configmap.yaml`,
      fileConfigMap(environment, labelsOf(plan.pipeline, 'stage', name), mapName, podFiles.code, zipped(archive)),
    )
    return mapName
  }

  /** Objects of the whole cluster, which whoever applies the rest may not apply: the folder's kustomization leaves them out. */
  #policy(): void {
    const { plan, environment } = this.#program
    this.#put(policyFile, driverPolicy(plan.pipeline, environment))
    this.#put('policy/driver.validatingadmissionpolicybinding.yaml', driverPolicyBinding(plan.pipeline, environment))
    this.#kustomization('policy')
  }

  get #claim(): string {
    const { store } = this.#program.environment
    return (store.kind === 'volume' ? store.claim : undefined) ?? defaultClaim
  }

  #run(jobs: ReadonlyMap<string, ClusterJob>): void {
    const { plan, graph, input, assets, environment, environmentName, driver } = this.#program
    const clusterPlan: ClusterPlan = {
      version: 1,
      plan,
      graph,
      input: this.#inputs.addAll(input) as JsonObject,
      assets: Object.fromEntries([...assets].map(([token, artifact]) => [token, this.#inputs.add(artifact)])),
      environment: environmentName,
      jobs: Object.fromEntries(jobs),
    }
    const driverCode = contentName('millrace-driver', digestBytes(driver))
    const inputs = this.#inputsMap()
    const planBytes = inParts(Buffer.from(JSON.stringify(clusterPlan)))
    const common: Omit<RunParts, 'digest'> = {
      pipeline: plan.pipeline,
      environment,
      driverCode,
      claim: this.#claim,
      jobs: [...jobs.values()].map(({ name }) => name).sort(),
      planParts: planBytes.length,
      inputs,
    }
    const none = `sha256:${'0'.repeat(64)}` as Digest
    const digest = digestJson({
      plan: clusterPlan as unknown as Json,
      pod: driverPod({ ...common, digest: none }) as unknown as Json,
    })
    const parts: RunParts = { ...common, digest }
    const labels = labelsOf(plan.pipeline, 'driver')
    this.#refuseLarge(parts)
    this.#put('run/driver.serviceaccount.yaml', serviceAccount(parts, 'driver'))
    this.#put('run/stage.serviceaccount.yaml', serviceAccount(parts, 'stage'))
    this.#put('run/driver.role.yaml', driverRole(parts))
    this.#put('run/driver.rolebinding.yaml', driverBinding(parts))
    const { store } = environment
    if (store.kind === 'volume' && store.claim === undefined)
      this.#put('run/store.persistentvolumeclaim.yaml', storeClaim(parts, store))
    this.#put(
      'run/driver-code.configmap.yaml',
      fileConfigMap(
        environment,
        { 'app.kubernetes.io/managed-by': 'millrace' },
        driverCode,
        podFiles.driver,
        zipped(driver),
      ),
    )
    for (const [part, bytes] of planBytes.entries()) {
      const { map, file } = planPart(parts, part)
      const name = planBytes.length === 1 ? 'plan' : `plan-${part + 1}`
      this.#put(`run/${name}.configmap.yaml`, fileConfigMap(environment, labels, map, file, bytes))
    }
    this.#put('run/driver.job.yaml', driverJob(parts))
  }

  /** What no cluster would hold, or no driver. */
  #refuseLarge({ pipeline, jobs, planParts }: RunParts): void {
    const fix = 'Call a stage in a map instead of once for each item.'
    const named = jobs.reduce((sum, name) => sum + name.length + 3, 0)
    if (named > roleLimit)
      this.#refuse(
        '',
        'does-not-fit',
        `pipeline "${pipeline}" has ${jobs.length} stage calls, and the Role that names their Jobs for the driver can name about ${Math.floor((roleLimit * jobs.length) / named / 100) * 100}`,
        fix,
      )
    if (planParts > mostPlanParts)
      this.#refuse(
        '',
        'does-not-fit',
        `the plan of pipeline "${pipeline}" is too large for a driver: it needs ${planParts} ConfigMaps, and may have ${mostPlanParts}`,
        'Call a stage in a map instead of once for each item, and give large values as files.',
      )
  }

  /** Parameters and assets that are files, as a ConfigMap that the driver puts into the store. */
  #inputsMap(): string | undefined {
    const { plan, environment } = this.#program
    const { files } = this.#inputs
    if (files.length === 0) return undefined
    const archive = packArchive(files)
    const name = contentName(`${plan.pipeline}-inputs`, archiveDigest(archive))
    const bytes = zipped(archive)
    if (bytes.length > filesLimit) {
      const largest = [...files].sort((a, b) => b.bytes.length - a.bytes.length)[0]
      this.#refuse(
        '',
        'files-too-large',
        `the files that pipeline "${plan.pipeline}" is given have more than ${filesLimit} bytes gzipped, which is what manifests may carry; the largest is "${largest?.path.split('/').slice(2).join('/')}"`,
        'Make the files smaller, or have a stage fetch them.',
      )
    }
    this.#put(
      'run/inputs.configmap.yaml',
      fileConfigMap(environment, labelsOf(plan.pipeline, 'driver'), name, podFiles.inputs, bytes),
    )
    return name
  }
}

/** Bytes of gzipped files that manifests carry (contracts: kubernetes). */
const filesLimit = 700_000

const kustomization = (resources: readonly string[]): object => ({
  apiVersion: 'kustomize.config.k8s.io/v1beta1',
  kind: 'Kustomization',
  resources: [...resources],
})

/** The byte of the header that tells the operating system is the only one that differs between equal compressors. */
function zipped(bytes: Uint8Array): Uint8Array {
  const out = gzipSync(bytes)
  out[9] = 255
  return out
}

/** Gzipped pieces, each within a ConfigMap; together they unzip to the whole. */
function inParts(bytes: Uint8Array): Uint8Array[] {
  for (let count = 1; ; count++) {
    const size = Math.ceil(bytes.length / count)
    const parts = Array.from({ length: count }, (_, part) => zipped(bytes.subarray(part * size, (part + 1) * size)))
    if (parts.every(({ length }) => length <= planPartLimit)) return parts
    // no need to try each number of them
    count = Math.max(count, Math.ceil(parts.reduce((sum, { length }) => sum + length, 0) / planPartLimit) - 1)
  }
}
