// A local OpenID Connect issuer for `cargo xtask dev --auth`: oauth2-mock-server, with a page that asks who signs in.
// It does not authenticate anyone, so it listens on the loopback interface only.
//
// usage: node issuer.mjs MODULES CLIENT_ID PORT. Prints one line of JSON with its address once it is ready.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [modules, clientId, port] = process.argv.slice(2);
const resolve = createRequire(`${modules}/`).resolve;
const { Events, OAuth2Server } = await import(pathToFileURL(resolve("oauth2-mock-server")).href);

const server = new OAuth2Server();
await server.issuer.keys.generate("RS256");

/** The person who signed in, by code and refresh token. */
const people = new Map();

const escape = (text) => text.replace(/[&<>"]/g, (it) => `&#${it.charCodeAt(0)};`);

const choice = (query) => `<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<title>Local issuer</title><link rel="icon" href="data:,">
<style>
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 24rem; margin: 15vh auto; padding: 0 1rem; }
  input, button { font: inherit; padding: .4rem .8rem; }
  form { display: flex; gap: .5rem; flex-wrap: wrap; }
</style>
<h1>Who are you?</h1>
<p>This issuer runs on this machine, for development, and asks for no password.</p>
<form action="/authorize">
  ${Object.entries(query).map(([name, value]) => `<input type="hidden" name="${escape(name)}" value="${escape(String(value))}">`).join("\n  ")}
  <input name="person" value="ana" aria-label="User name" autofocus required>
  <button>Sign in</button>
  <button name="deny" value="1" formnovalidate>Deny</button>
</form>
</html>
`;

server.service.addRoute("GET", "/choose", (request, response) => {
  response.setHeader("Content-Type", "text/html; charset=utf-8");
  response.end(choice(request.query));
});

server.service.on(Events.BeforeWellKnownOpenIdConfiguration, ({ body }) => {
  body.authorization_endpoint = `${server.issuer.url}/choose`;
  body.scopes_supported = ["openid", "offline_access"];
});

server.service.on(Events.BeforeAuthorizeRedirect, ({ url }, request) => {
  const { person, deny } = request.query;
  if (deny) {
    url.searchParams.delete("code");
    url.searchParams.set("error", "access_denied");
  } else {
    people.set(url.searchParams.get("code"), person);
  }
});

const personOf = ({ body }) => people.get(body.code ?? body.refresh_token);

server.service.on(Events.BeforeTokenSigning, ({ payload }, request) => {
  payload.sub = personOf(request) ?? payload.sub;
  payload.aud = clientId;
});

server.service.on(Events.BeforeResponse, (answer, request) => {
  const person = personOf(request);
  if (person === undefined) {
    answer.statusCode = 400;
    answer.body = { error: "invalid_grant" };
    return;
  }
  people.delete(request.body.code ?? request.body.refresh_token);
  people.set(answer.body.refresh_token, person);
});

await server.start(Number(port), "127.0.0.1");
server.issuer.url = `http://127.0.0.1:${server.address().port}`;
console.log(JSON.stringify({ issuer: server.issuer.url }));
