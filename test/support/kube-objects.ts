/** What is looked at of an object. */
export interface Kube {
  readonly metadata: {
    readonly name: string
    readonly uid: string
    readonly resourceVersion: string
    readonly generation?: number
    readonly creationTimestamp: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly deletionTimestamp?: string
    readonly ownerReferences?: readonly { readonly name: string; readonly uid: string }[]
  }
  // biome-ignore lint/suspicious/noExplicitAny: objects of any kind
  readonly spec: any
  // biome-ignore lint/suspicious/noExplicitAny: objects of any kind
  readonly status: any
  // biome-ignore lint/suspicious/noExplicitAny: objects of any kind
  readonly [more: string]: any
}

/** A line of a driver's log. */
export interface Told {
  readonly event: string
  readonly run: string
  readonly time: string
  readonly node?: string
  readonly index?: readonly number[]
  readonly attempt?: number
  // biome-ignore lint/suspicious/noExplicitAny: events of any kind
  readonly [more: string]: any
}

export const endOf = ({ status }: Kube): string | undefined =>
  (status.conditions as { readonly type: string; readonly status: string }[] | undefined)?.find(
    (condition) => condition.status === 'True' && ['Complete', 'Failed'].includes(condition.type),
  )?.type

/** Events as short lines: what happened to which node. That one waited says only how busy the cluster is. */
export const short = (events: readonly Told[]): string[] =>
  events
    .filter(({ event }) => event !== 'stage.waiting')
    .map(({ event, node, index, attempt }) =>
      [event, node, index && `[${index.join()}]`, attempt && attempt > 1 && `#${attempt}`].filter(Boolean).join(' '),
    )
