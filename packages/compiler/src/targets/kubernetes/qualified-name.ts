const segment = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const subdomain = String.raw`${segment}(\.${segment})*`
const name = '[A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?'

/** A DNS subdomain (RFC 1123), as names of most objects are; its length, 253 at most, is to be checked beside. */
export const subdomainPattern = new RegExp(`^${subdomain}$`)

/** A label key: a name of at most 63 characters, after an optional prefix (Kubernetes: qualified name). */
export const labelKeyPattern = new RegExp(`^(?=[^/]{1,253}(/|$))(${subdomain}/)?${name}$`)

/** An extended resource of a node: the same with a prefix. */
export const devicePattern = new RegExp(`^(?=[^/]{1,253}/)${subdomain}/${name}$`)
