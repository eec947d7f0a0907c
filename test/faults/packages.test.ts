import { packages } from './packages.ts'
import { sample } from './sample.ts'

sample(packages)
