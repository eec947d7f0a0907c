import { drive } from '@millrace/runtime-kubernetes'

/** What a driver's pod runs. */
process.exit(await drive(process.env))
