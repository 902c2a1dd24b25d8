/**
 * Makes something for the provider that is registered now, and makes it again for another one. What is made before an SDK is
 * registered may never notice the SDK.
 */
export function forCurrent<Provider, Made>(
  current: () => Provider,
  make: (provider: Provider) => Made,
): () => Made {
  let last: { readonly provider: Provider; readonly made: Made } | undefined;
  return () => {
    const provider = current();
    if (last?.provider !== provider) last = { provider, made: make(provider) };
    return last.made;
  };
}
