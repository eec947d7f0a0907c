export const percent = (share: number): string => `${(share * 100).toFixed(1)}\u00a0%`
