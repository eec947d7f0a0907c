/** Whether tsx loads the modules of this process. */
export const throughTsx = (): boolean => /\btsx\b/.test([...process.execArgv, process.env.NODE_OPTIONS ?? ''].join(' '))
