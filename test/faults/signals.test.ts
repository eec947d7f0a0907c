import { sample } from './sample.ts'
import { signals } from './signals.ts'

sample(signals)
