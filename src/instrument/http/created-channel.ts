/** Whether this Node tells of a client request before anything of it is sent. */

/** Since 22.12 and 23.2. */
export function tellsOfRequests(version: string = process.versions.node): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 23 || (major === 23 && minor >= 2) || (major === 22 && minor >= 12)
}
