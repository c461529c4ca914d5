// A one-time link holds its secret behind the #, which browsers keep to
// themselves: it is in no server's log and in no history once it was read here.

const form = document.querySelector<HTMLFormElement>("form[data-enter]");
const secret = location.hash.slice(1);
history.replaceState(null, "", location.pathname);
if (form && secret) {
  const input = form.querySelector<HTMLInputElement>("input[name=secret]");
  if (input) input.value = secret;
  form.submit();
} else {
  form?.querySelector("[data-enter-words]")?.setAttribute("hidden", "");
  form?.querySelector("[data-enter-none]")?.removeAttribute("hidden");
}
