/** When timers, signals and pipes that were due have been seen: between two immediates the loop looks at all of them. */
export const loopTurned = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
