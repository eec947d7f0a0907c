import { defineConfig, onPrem, volume } from 'millrace/config'

export default defineConfig({
  environments: {
    onprem: onPrem({ namespace: 'pipelines', store: volume({ size: '1Gi', accessMode: 'ReadWriteMany' }) }),
  },
})
