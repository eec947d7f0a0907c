/** `sha256:0f24c43d…`: enough to tell two apart in a line. */
export const shortDigest = (digest: string): string => `${digest.slice(0, 15)}…`
