/** True also for bytes of another realm, such as those that a test under Jest's jsdom passes: they are no `instanceof Uint8Array`. */
export function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && (value as Uint8Array)[Symbol.toStringTag] === 'Uint8Array';
}
