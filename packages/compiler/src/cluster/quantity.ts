import { bytesOf } from '@millrace/ir'

const units = ['', 'Ki', 'Mi', 'Gi', 'Ti'] as const

/** A quantity as Kubernetes writes it: the largest unit that leaves a whole number. */
export function showBytes(bytes: number): string {
  let count = bytes
  let unit = 0
  while (unit < units.length - 1 && count % 1024 === 0 && count > 0) {
    count /= 1024
    unit++
  }
  return `${count}${units[unit]}`
}

export const canonicalQuantity = (quantity: string): string => showBytes(bytesOf(quantity) ?? 0)

/** Cores as Kubernetes writes them, in thousandths where they are not whole. */
export function showCores(cores: number): string {
  // not more than was meant, though 0.1 + 0.2 is more than 0.3
  const thousandths = Math.max(1, Math.ceil(Number((cores * 1000).toFixed(6))))
  return thousandths % 1000 === 0 ? String(thousandths / 1000) : `${thousandths}m`
}
