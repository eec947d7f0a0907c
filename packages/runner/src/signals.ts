import { StageFailure } from './failure.ts'
import { hold } from './hold.ts'

/** Tells a process that is there for one stage when the system wants it to end. */
export function onSignal(node: () => string, stop: (failure: StageFailure) => void): void {
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
    hold(name, () =>
      stop(
        new StageFailure(
          'process-failed',
          `the process of "${node()}" was told to stop by ${name}`,
          'Find out what sent the signal.',
        ),
      ),
    )
}
