import { defineConfig, onPrem, volume } from 'millrace/config'

export default defineConfig({
  environments: { onprem: onPrem({ namespace: 'bench', store: volume({ size: '10Gi' }) }) },
})
