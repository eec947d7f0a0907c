/** What something gives, or what stands for it where it throws. */
export function tryOr<T, F>(fallback: F, access: () => T): T | F {
  try {
    return access()
  } catch {
    return fallback
  }
}
