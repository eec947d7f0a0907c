export type { Capacity } from './capacity.ts'
export { machineCapacity } from './capacity.ts'
export { localRuntime, shortfalls } from './local-runtime.ts'
export type { ChildProgram, LocalOptions } from './request.ts'
