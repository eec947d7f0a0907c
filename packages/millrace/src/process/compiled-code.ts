import module from 'node:module'
import { userFolder } from '../user-folder.ts'

/*
 * Node keeps what it compiles from start to start, in a folder of this user's: in the one that it takes by itself, below
 * that of temporary files, somebody else may have put code before. Whoever names one has Node do it from the start.
 */
if (process.env.NODE_COMPILE_CACHE === undefined) {
  const folder = userFolder('compiled')
  if (folder !== undefined) module.enableCompileCache?.(folder)
}
