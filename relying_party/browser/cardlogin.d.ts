/** A text in Traditional Chinese and English; plain text, to be shown with textContent and never as HTML. */
export interface BothLanguages {
  "zh-Hant": string;
  en: string;
}

/** A `web-eid:1.0` token: send it to the server as JSON, unchanged. */
export interface Token {
  unverifiedCertificate: string;
  algorithm: string;
  signature: string;
  format: string;
  appVersion: string;
}

export interface Request {
  /** The challenge text of the server, or a function that fetches it (called after the window has been opened). */
  challenge: string | (() => Promise<string>);
  /** The language of the agent's windows; "zh-Hant" when left out. */
  language?: "zh-Hant" | "en";
  /** The agent's ports, in the order in which they are tried; 61171, 61172, 61173 when left out. */
  ports?: number[];
  /** Ends the log-in: the agent is told, the popup is closed, and the rejection has the code `page_closed`. */
  signal?: AbortSignal;
}

export interface Answer {
  challenge: string;
  token: Token;
}

/** Why a log-in did not come about. `code` is one of the agent's, or one of the four that this module makes. */
export declare class CardLoginError extends Error {
  readonly code: "agent_not_found" | "popup_blocked" | "page_closed" | "answer_malformed" | (string & {});
  readonly meaning: BothLanguages;
  readonly remedy: BothLanguages;
  /** PIN tries left on the card, when the agent knows. */
  readonly triesLeft?: number;
  constructor(code: string, meaning: BothLanguages, remedy: BothLanguages, triesLeft?: number, cause?: unknown);
}

/**
 * The challenge and the token signed over it. Call it directly in a click handler, before any `await`: it may have to
 * open a window. Every rejection is a CardLoginError.
 */
export declare function authenticate(request: Request): Promise<Answer>;
