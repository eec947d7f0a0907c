import { equal } from './equal.ts'
import { sample } from './sample.ts'

sample(equal)
