// What the popup and the page of the navigation share.
const abort = new AbortController();

function refuse({ meaning, remedy }) {
  say("state", meaning);
  say("remedy", remedy);
}

// A PIN window opens only after a person's act: the click that has led here, as the browser says, or one on this page;
// and only beside a page that the person sees.
async function actOfAPerson() {
  if (meta("clicked") !== "true") await click(element("go-on"));
  while (document.visibilityState !== "visible") await happens(document, "visibilitychange");
}

async function click(button) {
  say("state", texts.press);
  button.hidden = false;
  button.focus();
  await happens(button, "click");
  button.hidden = true;
}

const happens = (target, event) => new Promise((resolve) => target.addEventListener(event, resolve, { once: true }));

// Asks the daemon that served us; the page token is good once.
async function ask(path, order) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...order, page_token: meta("page-token") }),
    signal: abort.signal,
  });
  return { ok: answer.ok, body: await answer.json() };
}

function sayAsked(origin) {
  element("site").textContent = origin;
}

function sayUnanswered() {
  if (!abort.signal.aborted) say("state", texts.unanswered);
}

function refuseStranger() {
  refuse({ meaning: texts.stranger, remedy: texts.go_back });
}
