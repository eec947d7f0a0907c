/** Sends a signal to a group of processes; one that is gone hears nothing. */
export function signalGroup(leader: number | undefined, signal: NodeJS.Signals): void {
  if (leader === undefined) return
  try {
    process.kill(-leader, signal)
  } catch {
    // the group is gone
  }
}
