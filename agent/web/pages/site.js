// Has our window ask the person about a site; who opened this page learns how that ended, and nothing else.
async function start() {
  sayAsked(meta("domain"));
  await actOfAPerson();
  say("state", texts.look);
  const answer = await fetch("/addDomain", {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-cardlogin-page": meta("page-token"),
      "x-cardlogin-language": language,
    },
    body: JSON.stringify({ domain: meta("domain") }),
  });
  const body = await answer.json();
  if (!answer.ok) return refuse(body);
  // Anybody may have opened us: it holds nothing secret.
  window.opener?.postMessage(JSON.stringify({ ret_code: body.ret_code }), "*");
  window.close();
  say("state", body.ret_code === 0 ? texts.allowed : texts.not_allowed);
}

start().catch(sayUnanswered);
