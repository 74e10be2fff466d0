// What the popup and the page of the navigation share.
const abort = new AbortController();

function refuse({ meaning, remedy }) {
  say("state", meaning);
  say("remedy", remedy);
}

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
  say("state", texts.look);
}

function sayUnanswered() {
  if (!abort.signal.aborted) say("state", texts.unanswered);
}

function refuseStranger() {
  refuse({ meaning: texts.stranger, remedy: texts.go_back });
}
