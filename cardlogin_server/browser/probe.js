// For a page that tells what is wrong before anybody logs in: looks whether the component is there, on the very way that
// a log-in would take, and asks it for nothing.

import { cutsOpeners, onLoopback, PERMISSIONS } from "./addresses.js";
import { authenticate } from "./cardlogin.js";

export { cutsOpeners };

/** Resolves with {code, port}: code "" where the component is there and trusted; must be called in the click. */
export async function probe({ ports, httpPort } = {}) {
  const control = new AbortController();
  let origin;
  const looks = (found) => {
    origin = found;
    control.abort();
  };
  try {
    await authenticate({ ports, httpPort, looks, signal: control.signal });
    return { code: "answer_malformed" }; // nobody comes here: nothing was asked
  } catch ({ code }) {
    if (origin === undefined) return { code };
    return { code: origin.startsWith("https:") ? "" : "tls_not_trusted", port: Number(new URL(origin).port) };
  }
}

/** Resolves with "granted", "prompt", "denied" or, where the browser knows no such permission, "unknown". */
export async function networkAccess() {
  if (onLoopback()) return "granted";
  for (const name of PERMISSIONS) {
    try {
      return (await navigator.permissions.query({ name })).state;
    } catch {
      // This browser does not know the name.
    }
  }
  return "unknown";
}
