import { edits } from './edits.ts'
import { sample } from './sample.ts'

sample(edits)
