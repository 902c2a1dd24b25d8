// biome-ignore lint/style/noDefaultExport: A Worker is what its main module exports.
export default { fetch: (): Response => new Response('ok') };
