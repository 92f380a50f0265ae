/** The host and the port that a URL leads to, as sockets and attributes have them. */

/** An IPv6 address without its brackets. */
export const withoutBrackets = (hostname: string): string => hostname.replace(/^\[|\]$/g, '')

export const hostOf = ({ hostname }: Pick<URL, 'hostname'>): string => withoutBrackets(hostname)

export const portOf = ({ port, protocol }: Pick<URL, 'port' | 'protocol'>): number =>
  port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
