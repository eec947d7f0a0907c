import module from 'node:module'
import { userFolder } from '../user-folder.ts'

/*
 * Enables Node's compile cache in a folder of this user: in Node's default folder, below that of temporary files,
 * somebody else may have put code. Where NODE_COMPILE_CACHE names a folder, Node has enabled it already.
 */
if (process.env.NODE_COMPILE_CACHE === undefined) {
  const folder = userFolder('compiled')
  if (folder !== undefined) module.enableCompileCache?.(folder)
}
