// The component's page has come back with an answer: hands it to the log-in page, which is opened again in this tab.
// That page has the session and the form; this one was opened by another site and has neither.

const fields = document.getElementById("card-return").textContent;
const page = sessionStorage.getItem("card-page") ?? document.getElementById("main").dataset.loginUrl;
sessionStorage.setItem("card-return", fields);
window.location.replace(page);
