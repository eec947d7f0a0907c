import { damaged } from './damage.ts'
import { sample } from './sample.ts'

sample(damaged)
