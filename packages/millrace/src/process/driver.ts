import { drive } from '@millrace/runtime-kubernetes'

/** What a driver's pod runs. */
const code = await drive(process.env)
// of a line that is larger than a pipe holds, the rest is written when somebody has read
for (const stream of [process.stdout, process.stderr]) await new Promise((resolve) => stream.write('', resolve))
process.exit(code)
