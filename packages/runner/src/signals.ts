import { StageFailure } from './failure.ts'
import { protectListener } from './protect-listener.ts'

/** Tells a process that is there for one stage when the system wants it to end. */
export function onSignal(node: () => string, stop: (failure: StageFailure) => void): void {
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
    protectListener(name, () =>
      stop(
        new StageFailure(
          'process-failed',
          `the process of "${node()}" was told to stop by ${name}`,
          'Find out what sent the signal.',
        ),
      ),
    )
}
