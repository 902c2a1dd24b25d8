import { useEffect, useState } from 'preact/hooks';

/** Returns what `read` reads from the hash of the URL, and renders again when the hash changes. */
export function useHash<Route>(read: () => Route): Route {
  const [route, setRoute] = useState(read);
  // What `read` does never changes.
  useEffect(() => {
    const listener = () => setRoute(read());
    addEventListener('hashchange', listener);
    return () => removeEventListener('hashchange', listener);
  }, []);
  return route;
}
