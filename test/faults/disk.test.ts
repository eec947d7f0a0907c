import { disk } from './disk.ts'
import { sample } from './sample.ts'

sample(disk)
