const pattern = /attempts\/(?=([A-Za-z0-9._+-]+)\/([A-Za-z0-9._+-]+))/g

/** The attempts whose folders a text names, each as `<node>/<attempt>`. Takes too many rather than one too few. */
export const attemptsIn = (text: string): string[] => [
  ...new Set(Array.from(text.matchAll(pattern), ([, node, attempt]) => `${node}/${attempt}`)),
]
