import { existsSync, fchmodSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import {
  type ClusterPlan,
  canonical,
  type Diagnostic,
  describeError,
  type Event,
  failedRun,
  formatDiagnostic,
  isArtifactValue,
  isDiagnosticError,
  isObject,
  type Json,
  type JsonObject,
  nowhere,
  podFiles,
  podPlaces,
  podVariables,
  readArchive,
  setKey,
} from '@millrace/ir'
import { makeFolder, onDisk, openStore, replaceFile, type Store } from '@millrace/store'
import { ApiServer, accessFromPod } from '../api/api-client.ts'
import { ClusterError } from '../api/cluster.ts'
import { KubeCluster } from '../api/kube-cluster.ts'
import { ClusterRun } from './cluster-run.ts'
import { resumeRun } from './resume-run.ts'

/** Where a driver finds what it is given. */
export interface DriverPaths {
  readonly plan: string
  readonly inputs: string
  readonly store: string
  readonly terminationLog: string
}

const inPod: DriverPaths = {
  plan: `${podPlaces.plan}/${podFiles.plan}`,
  inputs: `${podPlaces.inputs}/${podFiles.inputs}`,
  store: podPlaces.store,
  terminationLog: podPlaces.termination,
}

/** Exit codes of a driver: its Job ends as failed with the one of a failed run, and starts it again after any other. */
const codes = { succeeded: 0, failed: failedRun, cancelled: 3, crashed: 3, stopped: 143 } as const

/**
 * The life of a driver: goes on with the run of its plan, or begins it; prints events (contracts: events), one JSON
 * object a line, and ends with 0 only when the run succeeded.
 */
export async function drive(env: NodeJS.ProcessEnv, places: DriverPaths = inPod): Promise<number> {
  const variable = (name: string): string => {
    const value = env[name]
    if (value === undefined) throw new Error(`${name} is not set: this program is started by a driver Job only`)
    return value
  }
  process.umask(0o002)
  // the first process of a container hears nothing that it does not listen to; whoever follows goes on
  process.once('SIGTERM', () => process.exit(codes.stopped))
  try {
    const given = readPlan(places.plan)
    const digest = variable(podVariables.plan)
    const namespace = variable(podVariables.namespace)
    const store = openStore(places.store, { byLength: true })
    putInputs(store, places.inputs)
    const { pipeline } = given.plan
    const info = { pipeline, plan: digest, parameters: given.input }
    const [driver, uid] = [variable(podVariables.job), variable(podVariables.jobUid)]
    const own = resumeRun(store, info, uid, canonical(given.graph as unknown as Json))
    if ('ended' in own) return tellAgain(own.ended, places)
    const { folder } = own
    const conductor = new ClusterRun({
      given: { ...given, input: inStore(given.input, places.store) as JsonObject },
      digest,
      store,
      folder,
      cluster: new KubeCluster(new ApiServer(accessFromPod(env)), namespace, pipeline),
      owner: { apiVersion: 'batch/v1', kind: 'Job', name: driver, uid },
      again: `kubectl delete -k <folder>/jobs && kubectl -n ${namespace} delete job ${driver} && kubectl apply --server-side -k <folder>`,
      onEvent: print,
    })
    const { status, errors } = await conductor.run()
    tellEnd(places.terminationLog, errors)
    return codes[status]
  } catch (error) {
    const told = isDiagnosticError(error) ? error.diagnostics : [crash(error)]
    for (const diagnostic of told) process.stderr.write(`${formatDiagnostic(diagnostic)}\n`)
    tellEnd(places.terminationLog, told)
    return codes.crashed
  }
}

function tellAgain(events: readonly Event[], { terminationLog }: DriverPaths): number {
  events.forEach(print)
  const last = events.at(-1)
  if (last?.event !== 'run.finished') return codes.crashed
  tellEnd(terminationLog, last.errors)
  return codes[last.status]
}

/** A plan that no ConfigMap holds whole comes in parts, numbered from 1. */
function readPlan(path: string): ClusterPlan {
  const parts: Buffer[] = []
  if (existsSync(path)) parts.push(readFileSync(path))
  else for (let part = 1; existsSync(`${path}.${part}`); part++) parts.push(readFileSync(`${path}.${part}`))
  return JSON.parse(gunzipSync(Buffer.concat(parts)).toString()) as ClusterPlan
}

const print = (event: Event): void => void process.stdout.write(`${JSON.stringify(event)}\n`)

function crash(error: unknown): Diagnostic {
  if (error instanceof ClusterError)
    return {
      code: 'cluster-failed',
      severity: 'error',
      message: `the driver can't go on: ${error.message}`,
      at: nowhere,
      fix: crashFix(error),
    }
  return {
    code: 'internal-error',
    severity: 'error',
    message: `the driver failed: ${describeError(error)}${error instanceof Error ? `\n${error.stack}` : ''}`,
    at: nowhere,
    fix: 'It is started again by itself; report this if it goes on.',
  }
}

function crashFix({ status, distrust }: ClusterError): string {
  if (status === 403) return 'Apply the folder again: the rights that it needs are in its Role.'
  return distrust
    ? 'It is started again by itself; look at the service account of its pod, whose token and authority the cluster renews.'
    : 'It is started again by itself; look at the API server if it goes on.'
}

/** Bytes that a container's termination message may have (Kubernetes). */
const messageLimit = 4096

function tellEnd(path: string, errors: readonly Diagnostic[]): void {
  const [first] = errors
  if (!first) return
  try {
    writeFileSync(path, `error[${first.code}]: ${first.message}`.slice(0, messageLimit))
  } catch {
    // only a hint beside the log
  }
}

/** The parameters with the absolute paths of their files. */
function inStore(value: Json, root: string): Json {
  if (Array.isArray(value)) return value.map((item: Json) => inStore(item, root))
  if (!isObject(value)) return value
  if (isArtifactValue(value)) return { ...(value as object), path: join(root, value.path) } as Json
  const out = {}
  for (const [key, item] of Object.entries(value)) setKey(out, key, inStore(item as Json, root))
  return out as Json
}

/** Puts the files that came with the manifests into the store, each whole or not at all. */
function putInputs({ root }: Store, path: string): void {
  if (!existsSync(path)) return
  for (const file of readArchive(gunzipSync(readFileSync(path)))) {
    const target = join(root, file.path)
    if (existsSync(target)) continue
    onDisk('write', target, () => {
      makeFolder(dirname(target))
      replaceFile(target, (to) => {
        writeFileSync(to, file.bytes)
        fchmodSync(to, file.executable ? 0o555 : 0o444)
      })
    })
  }
}
