// Whether this browser trusts the certificate of our HTTPS listener, which a page over plain HTTP finds out by asking it.
const PATIENCE = 1000; // ms for our own listener to answer

async function isTrusted(secure) {
  try {
    return (await fetch(`${secure}/v1/hello`, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) })).ok;
  } catch {
    return false;
  }
}
