/** The classic script `dist/cardlogin.global.js` offers the same names as properties of `CardLogin`. */
export as namespace CardLogin;

/** A text by language; plain text, to be shown with textContent and never as HTML. */
export interface Texts {
  "zh-Hant": string;
  en: string;
  [language: string]: string;
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
  /**
   * The language of the agent's windows, as `<html lang>` has it ("zh-Hant", "zh-TW", "en-GB"); that of the page when
   * left out. Where there is no catalogue of it: "zh-Hant".
   */
  language?: string;
  /**
   * Which certificates this site can use; others are shown with the reason and cannot be chosen. `issuer`: a value of
   * the issuer's name (CN, OU or O), `policy`: a dotted policy OID, `subjectSerial`: the subject's serial number.
   */
  certificate?: { issuer?: string; policy?: string; subjectSerial?: string };
  /** Asks RSA keys to sign with PSS (PS256) instead of PKCS#1 v1.5 (RS256). */
  pss?: boolean;
  /** The agent's ports, in the order in which they are tried; 61171, 61172, 61173 when left out. */
  ports?: number[];
  /** The port of the agent's pages without TLS, 61170 when left out; 0: never. */
  httpPort?: number;
  /**
   * `/.well-known/cardlogin-return` where this site takes answers there: as JSON to GET, which any origin may read,
   * `{"cardlogin_return": 1}`; to POST a page for the fields token or failure, and state. Used when the page's opener
   * policy cuts popups off: the page is left then, and the log-in goes on with `completeNavigation`.
   */
  returnTo?: string | URL;
  /** Ends the log-in: the agent is told, the popup is closed, and the rejection has the code `page_closed`. */
  signal?: AbortSignal;
  /**
   * For `probe` (probe.js): called with the agent's origin once that has answered, by TLS or plain HTTP; nothing is asked
   * of it then, and no challenge is fetched.
   */
  looks?: (origin: string) => void;
}

export interface Answer {
  challenge: string;
  token: Token;
  /** False when the browser does not trust the agent's certificate: tell the person to repair it. */
  tlsTrusted: boolean;
}

/** What was posted to `returnTo`; a field that was not there is left out or empty. */
export interface Returned {
  token?: string;
  failure?: string;
  state?: string;
}

/** The codes that this module makes itself; all others are the agent's. */
export type OwnCode =
  | "agent_not_found"
  | "tls_not_trusted"
  | "permission_denied"
  | "popup_blocked"
  | "opener_cut"
  | "navigation_unfinished"
  | "page_closed"
  | "timed_out"
  | "answer_malformed";

/** Why a log-in did not come about. `busy`, `user_cancelled` and all failures of the card come from the agent. */
export declare class CardLoginError extends Error {
  readonly code: OwnCode | "busy" | "user_cancelled" | (string & {});
  readonly meaning: Texts;
  readonly remedy: Texts;
  /** PIN tries left on the card, when the agent knows. */
  readonly triesLeft?: number;
  constructor(code: string, meaning: Texts, remedy: Texts, triesLeft?: number, cause?: unknown);
}

/**
 * The challenge and the token signed over it. Call it directly in a click handler, before any `await`: it may have to
 * open a window. Every rejection is a CardLoginError.
 */
export declare function authenticate(request: Request): Promise<Answer>;

/**
 * The answer of a navigation, on a page of the same origin and in the same tab as the page that was left. Good once;
 * fields that this tab did not ask for are refused as `answer_malformed`. Every rejection is a CardLoginError.
 */
export declare function completeNavigation(returned: Returned): Promise<Answer>;

/**
 * Call it when the page with the log-in button is shown: the error of a navigation that this tab has begun and that
 * never came back (the person left the browser's own error page, or ours), once; otherwise undefined.
 */
export declare function unfinishedNavigation(): CardLoginError | undefined;
