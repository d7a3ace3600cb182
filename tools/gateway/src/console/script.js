// Reloads the page's content every two seconds, unless the developer is typing or reading a table.
const filter = document.querySelector(".filter");
const apply = () => {
  const wanted = document.querySelector(".filter").value.toLowerCase();
  for (const line of document.querySelectorAll(".log li")) {
    line.hidden = !line.textContent.toLowerCase().includes(wanted);
  }
};
document.addEventListener("input", (event) => event.target.matches(".filter") && apply());

const isBusy = () => {
  const typing = document.activeElement?.matches("input:not(.filter)");
  const edited = [...document.querySelectorAll("input:not(.filter)")].some((input) => input.value !== input.defaultValue);
  return document.hidden || typing || edited;
};
setInterval(async () => {
  if (isBusy()) return;
  const response = await fetch(location.href).catch(() => null);
  document.body.classList.toggle("offline", !response?.ok);
  if (!response?.ok || isBusy()) return;
  const next = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const part of [".log", ".clock", "tbody"]) {
    const [now, then] = [document.querySelector(part), next.querySelector(part)];
    if (now && then) now.replaceWith(then);
    else if (Boolean(now) !== Boolean(then)) return location.reload();
  }
  for (const [index, count] of document.querySelectorAll("h2 .count").entries()) {
    count.textContent = next.querySelectorAll("h2 .count")[index]?.textContent ?? "";
  }
  apply();
}, 2000);
