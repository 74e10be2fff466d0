// Reads from the fragment what is asked and by whom, lets the daemon sign, and posts the answer to the return address.
const asked = new URLSearchParams(window.location.hash.slice(1));
const returnTo = asked.get("return_to") ?? "";
const RETURN = "/.well-known/cardlogin-return"; // the one path of a site that takes answers
const PATIENCE = 10000; // ms for the site to say that it does
// Used once: a reload or a look into the history is not another order.
window.history.replaceState(null, "", window.location.pathname);
const origin = originOf(returnTo);
let [sent, registered] = [false, false];

function originOf(address) {
  try {
    const { origin } = new URL(address);
    return /^https?:/.test(address) && address === origin + RETURN ? origin : "";
  } catch {
    return "";
  }
}

// A site says itself that it takes answers, and where it redirects, nothing is sent: a form would follow. What is true of
// GET need not be true of POST, so that is tried with nothing in it.
async function takesAnswers() {
  try {
    const fixed = { credentials: "omit", cache: "no-store", redirect: "error", signal: AbortSignal.timeout(PATIENCE) };
    const [said, taken] = [await fetch(returnTo, fixed), await fetch(returnTo, { ...fixed, method: "POST" })];
    return said.status === 200 && taken.status === 200 && (await said.json()).cardlogin_return === 1;
  } catch {
    return false;
  }
}

function send(target, address, field, value) {
  if (sent) return;
  sent = true;
  const policy = document.createElement("meta");
  policy.httpEquiv = "Content-Security-Policy";
  policy.content = `form-action ${target}`;
  document.head.append(policy);
  const form = document.createElement("form");
  form.method = "post";
  form.action = address;
  for (const [name, text] of [[field, value], ["state", (asked.get("state") ?? "").slice(0, 1000)]]) {
    const input = document.createElement("input");
    input.type = "hidden";
    input.name = name;
    input.value = text;
    form.append(input);
  }
  document.body.append(form);
  form.submit();
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
  if (!(await takesAnswers())) return refuse({ meaning: texts.unknown, remedy: texts.tell });
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
