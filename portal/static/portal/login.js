// A card action of a page (log-in, binding, …): asks the component for a token and sends it with the page's own form.

import { authenticate, CardLoginError, completeNavigation, unfinishedNavigation } from "../cardlogin/cardlogin.js";

const form = document.getElementById("card-form");
const button = document.getElementById("card-login");
const cancel = document.getElementById("card-cancel");
const message = document.getElementById("card-message");
const language = document.documentElement.lang;
// The person stopped by choice, in the component's window or by the button here: said plainly, and no error.
const CANCELLED = new Set(["user_cancelled", "page_closed"]);
let attempt = null;

function piece(name) {
  return document.getElementById(name).content.cloneNode(true);
}

function show(content, code) {
  const failed = code && !CANCELLED.has(code);
  message.className = failed ? "message failure" : "message";
  message.setAttribute("role", failed ? "alert" : "status");
  message.setAttribute("aria-live", failed ? "assertive" : "polite");
  if (code) message.dataset.code = code;
  else delete message.dataset.code;
  message.replaceChildren(content);
  message.scrollIntoView({ block: "nearest" });
}

function fill(content, slot, text) {
  for (const place of content.querySelectorAll(`[data-slot="${slot}"]`)) place.textContent = text;
}

function showFailure(failure) {
  const content = piece(CANCELLED.has(failure.code) ? "card-cancelled" : "card-failure");
  // The component may not have every language that the portal has.
  for (const slot of ["meaning", "remedy"]) fill(content, slot, failure[slot][language] ?? failure[slot].en);
  fill(content, "code", failure.code);
  for (const link of content.querySelectorAll('[data-slot="manual"]')) link.setAttribute("href", link.getAttribute("href") + failure.code);
  if (Number.isInteger(failure.triesLeft)) fill(content, "tries-left", String(failure.triesLeft));
  else content.querySelector('[data-slot="tries"]')?.remove();
  show(content, failure.code);
}

function unreachable() {
  const content = piece("portal-unreachable");
  const text = (slot) => content.querySelector(`[data-slot="${slot}"]`).textContent;
  const inPlace = (slot) => ({ [language]: text(slot) });
  return new CardLoginError(text("code"), inPlace("meaning"), inPlace("remedy"));
}

async function askPortal() {
  const answer = await fetch(button.dataset.challengeUrl, {
    method: "POST",
    credentials: "same-origin",
    headers: {
      Accept: "application/json",
      "Content-Type": "application/json",
      "X-CSRFToken": form.elements.csrfmiddlewaretoken.value,
    },
    body: JSON.stringify({ purpose: button.dataset.purpose }),
  });
  return answer.json();
}

async function fetchChallenge() {
  const answer = await askPortal().catch(() => null);
  if (typeof answer?.challenge === "string") return answer.challenge;
  if (answer?.meaning && answer.remedy) throw new CardLoginError(answer.code, answer.meaning, answer.remedy);
  throw unreachable();
}

function setBusy(busy) {
  button.disabled = busy;
  cancel.hidden = !busy;
  // A disabled button cannot keep the keyboard's focus.
  (busy ? cancel : button).focus();
  form.setAttribute("aria-busy", String(busy));
}

async function logIn() {
  attempt = new AbortController();
  setBusy(true);
  show(piece("card-busy"));
  // authenticate() is called within the click, before anything is awaited: only then may it open a window.
  const ports = button.dataset.agentPorts.split(",").map(Number);
  const answer = authenticate({
    challenge: fetchChallenge,
    language,
    ports,
    httpPort: Number(button.dataset.agentHttpPort),
    returnTo: button.dataset.returnUrl,
    signal: attempt.signal,
  });
  sessionStorage.setItem("card-page", window.location.pathname + window.location.search);
  send(await answer);
}

function send({ challenge, token }) {
  cancel.hidden = true;
  show(piece("card-sending"));
  form.elements.challenge.value = challenge;
  form.elements.token.value = JSON.stringify(token);
  form.submit();
}

function fail(error) {
  setBusy(false);
  if (!(error instanceof CardLoginError)) throw error;
  showFailure(error);
}

button.addEventListener("click", () => {
  logIn().catch(fail);
});
cancel.addEventListener("click", () => attempt?.abort());

// Coming back with the browser's Back button shows the page as it was left: busy. One that was left for the component
// (and could still be cancelled) is told so by the client.
window.addEventListener("pageshow", (event) => {
  if (event.persisted && cancel.hidden) window.location.reload();
});

// What the component's page has come back with, when this page had to be left for it (see card_return.js).
const returned = sessionStorage.getItem("card-return");
sessionStorage.removeItem("card-return");
if (returned !== null) {
  setBusy(true);
  completeNavigation(JSON.parse(returned)).then(send).catch(fail);
} else {
  button.disabled = false;
  const unfinished = unfinishedNavigation();
  if (unfinished) showFailure(unfinished);
}
document.querySelector(".message.failure")?.focus();
