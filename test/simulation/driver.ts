/** What is simulated of the driver's own package: its port, seen from the other side. */
export * from '../../packages/runtime-kubernetes/src/index.ts'
