// The code may come in the address behind "#": that part never reaches a server or its log.
function takeCode() {
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
  const field = document.querySelector('input[name="code"]');
  if (!code || !field) return;
  field.value = code;
  history.replaceState(null, "", location.pathname);
  document.querySelector('input[name="name"]').focus();
}
takeCode();
// Where this page is open already, the address with the code loads nothing anew.
addEventListener("hashchange", takeCode);
if ("serviceWorker" in navigator) navigator.serviceWorker.register("/service-worker.js");
