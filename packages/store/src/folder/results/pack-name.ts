import { isRunName } from '../../files/plain-path.ts'

/** Whose lines a pack holds. */
export interface Packed {
  readonly run: string
  readonly fresh: boolean
}

/**
 * The file of a run's pack: `<run>.jsonl`, `<run>.fresh.jsonl`. A process never appends to a pack that another one
 * began, so the processes that go on with a run write `<run>.2.jsonl` and so on.
 */
export const packName = ({ run, fresh }: Packed, process: number): string =>
  `${run}${process > 1 ? `.${process}` : ''}${fresh ? '.fresh' : ''}.jsonl`

export function packOfName(name: string): Packed | undefined {
  if (isIndexName(name)) return undefined
  const [, run, fresh] = /^([^.].*?)(?:\.\d+)?(\.fresh)?\.jsonl$/.exec(name) ?? []
  // in an index it is what anybody wrote
  return isRunName(run) ? { run, fresh: fresh !== undefined } : undefined
}

/** An index pack: many packs in one file (pack-merge.ts). */
export const indexName = (unique: string): string => `index.${unique}.jsonl`
export const isIndexName = (name: string): boolean => /^index\.[0-9a-f]+\.jsonl$/.test(name)
