/** A number that a stage reported; it belongs to the result and is told again with every hit. */
export interface Metric {
  readonly name: string
  readonly value: number
  readonly step?: number
  readonly time: string
}
