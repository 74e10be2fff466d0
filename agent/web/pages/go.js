// Reads from the fragment what is asked and by whom, lets the daemon sign, and posts the answer to the return address.
const asked = new URLSearchParams(window.location.hash.slice(1));
const returnTo = asked.get("return_to") ?? "";
// Used once: a reload or a look into the history is not another order.
window.history.replaceState(null, "", window.location.pathname);
const origin = originOf(returnTo);
let [sent, registered] = [false, false];

function send(target, address, field, value) {
  if (sent) return;
  sent = true;
  postTo(target, address, [[field, value], stateField(asked)]);
}

// Which certificates are wanted, as JSON; the daemon looks at its shape.
function wanted() {
  try {
    return asked.has("certificate") ? { certificate: JSON.parse(asked.get("certificate")) } : {};
  } catch {
    return { certificate: null };
  }
}

async function authenticate() {
  const order = {
    return_to: returnTo, challenge: asked.get("challenge") ?? "", language: languageOf(asked.get("language") ?? undefined),
    pss: asked.get("pss") === "true", ...wanted(),
  };
  if (!(await takesAnswers(returnTo))) return refuse({ meaning: texts.unknown, remedy: texts.tell });
  registered = true;
  await actOfAPerson();
  say("state", texts.look);
  const { ok, body } = await ask("/v1/go/authenticate", order);
  if (!ok) return refuse(body);
  say("state", texts.returning);
  return send(body.origin, body.return_to, body.field, body.value);
}

// The daemon has not looked at the address yet; the page's policy lets nothing but https pass.
function cancel() {
  abort.abort();
  if (!registered) window.history.back();
  else send(origin, returnTo, "failure", meta("cancelled"));
}

element("close").addEventListener("click", cancel);
if (origin === "") {
  element("asked").hidden = true;
  refuseStranger();
} else {
  sayAsked(origin);
  authenticate().catch(sayUnanswered);
}
