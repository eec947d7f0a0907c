const slot: unique symbol = Symbol.for('millrace.child') as never
const shared = globalThis as { [slot]?: { value: boolean } }

/** Whether this process runs one stage for another process; nothing may start a run in it. */
shared[slot] ??= { value: false }
export const isChild: { value: boolean } = shared[slot]
