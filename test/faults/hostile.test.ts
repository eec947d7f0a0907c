import { hostile } from './hostile.ts'
import { sample } from './sample.ts'

sample(hostile)
