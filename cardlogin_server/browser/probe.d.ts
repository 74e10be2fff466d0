import type { CardLoginError } from "./cardlogin.js";

/** What `probe` has found. */
export interface Probe {
  /** "" where the agent is there and trusted; otherwise the code that a log-in would end with. */
  code: "" | CardLoginError["code"];
  /** The agent's port, where it has answered. */
  port?: number;
}

/**
 * Looks whether the agent is there, on the way that `authenticate` would take, and asks it for nothing. Call it directly
 * in a click handler, before any `await`: it may have to open a window, which it closes again. Never rejects.
 */
export declare function probe(where?: { ports?: number[]; httpPort?: number }): Promise<Probe>;

/** The state of the browser's permission to reach this computer; "unknown" where it has none. Never rejects. */
export declare function networkAccess(): Promise<PermissionState | "unknown">;

/** Whether the opener policy of a page of this site cuts popups off; false where it cannot be read. Never rejects. */
export declare function cutsOpeners(address: string): Promise<boolean>;
