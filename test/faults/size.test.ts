import { sample } from './sample.ts'
import { size } from './size.ts'

sample(size)
