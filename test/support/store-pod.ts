const folders = '/stores'

/** A pod that prints what a piece of code gives, as JSON; it runs in the folder of the first claim. */
export const storePod = (name: string, code: string, claims: readonly string[]): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: {
    restartPolicy: 'Never',
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 65532,
      runAsGroup: 65532,
      fsGroup: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    volumes: claims.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } })),
    containers: [
      {
        name: 'main',
        image: 'node:24-slim',
        workingDir: `${folders}/${claims[0]}`,
        command: ['node', '-e', `const fs = require('node:fs'); console.log(JSON.stringify(${code} ?? null))`],
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { memory: '128Mi' } },
        volumeMounts: claims.map((claim) => ({ name: claim, mountPath: `${folders}/${claim}` })),
      },
    ],
  },
})

/** Code that empties the folders of all claims that its pod is given. */
export const emptied = `fs.readdirSync('${folders}').forEach((claim) =>
  fs.readdirSync('${folders}/' + claim).forEach((name) => fs.rmSync('${folders}/' + claim + '/' + name, { recursive: true })))`
