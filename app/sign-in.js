// Decides whether the app may start, where the page names an issuer of tokens. The module behind it is loaded only there.
const load = async () => {
  const { default: start, admit } = await import("./papo-sign-in.js");
  await start();
  return admit();
};

const hasToken = () => {
  try {
    return localStorage.getItem("papo.token") !== null;
  } catch {
    return false; // Storage is blocked.
  }
};

/** Settles once the app may start: never while the page is being left, or says what went wrong. */
export const admitted = (async () => {
  try {
    if (await load()) return;
  } catch (error) {
    // Without a network, a person who has signed in before can still read and write. The token is renewed later.
    if (!hasToken()) throw error;
    console.warn(error);
    addEventListener("online", () => load().catch(console.warn), { once: true });
    return;
  }
  await new Promise(() => {});
})();
