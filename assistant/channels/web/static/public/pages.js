// The code may come in the address behind "#": that part never reaches a server or its log.
const code = new URLSearchParams(location.hash.slice(1)).get("code");
const field = document.querySelector('input[name="code"]');
if (code && field) {
  field.value = code;
  history.replaceState(null, "", location.pathname);
  document.querySelector('input[name="name"]').focus();
}
if ("serviceWorker" in navigator) navigator.serviceWorker.register("/service-worker.js");
