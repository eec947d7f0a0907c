import { subdomainPattern } from '@millrace/ir'

const subdomain = subdomainPattern.source.slice(1, -1)
const name = '[A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?'

/** A label key: a name of at most 63 characters, after an optional prefix (Kubernetes: qualified name). */
export const labelKeyPattern = new RegExp(`^(?=[^/]{1,253}(/|$))(${subdomain}/)?${name}$`)

/** An extended resource of a node: the same with a prefix. */
export const devicePattern = new RegExp(`^(?=[^/]{1,253}/)${subdomain}/${name}$`)
