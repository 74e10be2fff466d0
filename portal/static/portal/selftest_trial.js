// The trial: a signature of the purpose "test", and what the portal says that a log-in would come to.

import { authenticate, CardLoginError, completeNavigation, unfinishedNavigation } from "../cardlogin/cardlogin.js";
import { HTTP_PORT, PORTS } from "./selftest_checks.js";
import { DATA, element, found } from "./selftest_rows.js";

const PLACE = element("selftest").dataset;
const language = document.documentElement.lang;
const PAGE = "card-page"; // where card_return.js goes back to
const RETURNED = "card-return";

function post(address, type, body) {
  return fetch(address, {
    method: "POST",
    credentials: "same-origin",
    headers: {
      Accept: "application/json",
      "Content-Type": type,
      "X-CSRFToken": element("card-form").elements.csrfmiddlewaretoken.value,
    },
    body,
  }).then((answer) => answer.json());
}

async function fetchChallenge() {
  const order = JSON.stringify({ purpose: "test" });
  const answer = await post(PLACE.challengeUrl, "application/json", order).catch(() => null);
  if (typeof answer?.challenge === "string") return answer.challenge;
  if (answer?.remedy) throw new CardLoginError(answer.code, answer.meaning, answer.remedy);
  throw unreachable();
}

function unreachable() {
  const { meaning, steps } = DATA.codes.portal_unreachable;
  return new CardLoginError("portal_unreachable", { [language]: meaning, en: meaning }, { [language]: steps[0], en: steps[0] });
}

/** Must be called in the click. Resolves with a result, also of what went wrong. */
export function tryOut(signal, sending) {
  const answer = authenticate({
    challenge: fetchChallenge, language, ports: PORTS, httpPort: HTTP_PORT, returnTo: PLACE.returnUrl, signal,
  });
  sessionStorage.setItem(PAGE, window.location.pathname);
  return resultOf(answer, sending);
}

/** The same of a trial for which this page had to be left, once; undefined where there is none. */
export function returned(sending) {
  const fields = JSON.parse(sessionStorage.getItem(RETURNED) ?? "null");
  sessionStorage.removeItem(RETURNED);
  if (fields?.token || fields?.failure) return resultOf(completeNavigation(fields), sending);
  // Another page's is told there.
  const unfinished = sessionStorage.getItem(PAGE) === window.location.pathname ? unfinishedNavigation() : undefined;
  return unfinished && Promise.resolve(refused(unfinished));
}

async function resultOf(answer, sending) {
  try {
    const { challenge, token } = await answer;
    sending();
    const body = new URLSearchParams({ challenge, token: JSON.stringify(token) });
    const said = await post(PLACE.trialUrl, "application/x-www-form-urlencoded", body).catch(() => null);
    if (said?.sign) return said;
    throw said?.remedy ? new CardLoginError(said.code, said.meaning, said.remedy) : unreachable();
  } catch (error) {
    if (!(error instanceof CardLoginError)) throw error;
    return refused(error);
  }
}

function refused({ code, meaning, remedy, triesLeft }) {
  const facts = triesLeft === undefined ? [] : [[DATA.facts.tries, String(triesLeft)]];
  if (code in DATA.codes) return { ...found(code, facts), sign: "fail" };
  // The component may not have every language that the portal has.
  const say = (texts) => texts[language] ?? texts.en;
  return { sign: "fail", code, meaning: say(meaning), steps: [say(remedy)], facts };
}
