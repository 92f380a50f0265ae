// What is traced must not be bundled: uptrace-node itself, and libraries the server uses that Next.js does not know of.

export default { serverExternalPackages: ['uptrace-node'] }
