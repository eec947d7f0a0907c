import { expect, test } from 'vitest'
import { podView } from '../src/api/kube-views.ts'

const ended = (reason: string, exitCode: number) => ({
  phase: 'Failed',
  containerStatuses: [{ name: 'main', state: { terminated: { exitCode, reason, message: 'told' } } }],
})

test.each([
  ['a stage that failed', ended('Error', 1), { begun: true, disrupted: false, exit: { code: 1, reason: 'Error' } }],
  ['no process', ended('StartError', 128), { begun: false, disrupted: false, exit: { code: 128, message: 'told' } }],
  ['lost with its node', ended('ContainerStatusUnknown', 137), { begun: true, disrupted: true }],
  [
    'turned away by the kubelet',
    { phase: 'Failed', reason: 'UnexpectedAdmissionError', message: 'no device' },
    { begun: false, disrupted: false, exit: { code: -1, reason: 'UnexpectedAdmissionError', message: 'no device' } },
  ],
  [
    'evicted',
    { ...ended('Error', 137), conditions: [{ type: 'DisruptionTarget', status: 'True' }] },
    { begun: true, disrupted: true },
  ],
])('a pod that ended: %s', (_, status, seen) => {
  expect(podView({ metadata: { name: 'pod' }, status: status as never })).toMatchObject(seen)
})
