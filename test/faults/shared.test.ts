import { sample } from './sample.ts'
import { shared } from './shared.ts'

sample(shared)
