/** Which hosts are this machine. */

/** Of a URL, as `hostname` has it. */
export const isThisMachine = ({ hostname }: URL): boolean => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)
