/**
 * Makes something of the provider there is now, and anew once another takes its place: what is made before an SDK is
 * registered may never notice that one is.
 */
export function ofCurrent<Provider, Made>(
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
