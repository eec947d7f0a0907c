import { buildMillrace } from './built.ts'

/** Programs that tests start as a user would run what is built, so it must be built from the sources as they are. */
export default buildMillrace
