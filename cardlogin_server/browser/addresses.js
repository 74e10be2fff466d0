// Where the component may be, and which origins its pages may have.

const TRUSTED = "cardlogin:trusted"; // the port at which this browser has trusted the component's certificate before
const isPort = (port) => Number.isInteger(port) && port > 0 && port < 65536;

// Where the component may be: over TLS, and over plain HTTP for browsers that do not trust its certificate. That is asked
// for at the very ports that have refused TLS, so that a program that has taken the plain port and waits there gets
// nothing; and never where TLS has worked before, unless whoever asks only looks and tells nothing. The port that has
// worked comes first: a click counts for that one only.
export function addresses(all, httpPort, looks) {
  // Only numbers become part of an address: a text could name another host.
  const ports = all.filter(isPort);
  const trusted = trustedPort();
  ports.sort((one, other) => (other === trusted) - (one === trusted));
  const toPlain = (looks || trusted === undefined) && isPort(httpPort);
  const plain = toPlain ? ports.map((port) => `http://localhost:${port}`) : [];
  return { origins: ports.map((port) => `https://localhost:${port}`), plain, httpPort };
}

function trustedPort() {
  try {
    return Number(localStorage.getItem(TRUSTED) ?? undefined) || undefined;
  } catch {
    return undefined; // a page that can keep nothing
  }
}

export function rememberTrust(origin) {
  try {
    if (origin.startsWith("https:")) localStorage.setItem(TRUSTED, new URL(origin).port);
  } catch {
    // As above.
  }
}

// The component's pages are under a name that it makes up, so that nobody can have prepared their origin. Over TLS the
// certificate says who it is, and a browser that asks the system for names may not find that one.
export function speaksFor(address, origin, httpPort) {
  const { port } = new URL(address);
  const isOwn = (scheme, at) => new RegExp(`^${scheme}://[0-9a-f]{32}\\.localhost:${at}$`).test(origin);
  const secure = origin === `https://localhost:${port}` || isOwn("https", port);
  return secure || (address.startsWith("http:") && isOwn("http", httpPort));
}

/** How browsers call the permission to reach this computer, the newer name first. */
export const PERMISSIONS = ["loopback-network", "local-network-access"];

/** Pages that come from this computer are exempt from Local Network Access. */
export const onLoopback = () => ["localhost", "127.0.0.1", "[::1]"].includes(window.location.hostname);

/** Whether the opener policy of a page of this site, as its server sends it, cuts popups off. */
export async function cutsOpeners(address) {
  try {
    const { headers } = await fetch(address, { method: "HEAD", cache: "no-store" });
    return /^same-origin(?!-allow)/.test(headers.get("Cross-Origin-Opener-Policy") ?? "");
  } catch {
    return false;
  }
}
