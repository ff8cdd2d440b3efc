// The login: a key, checked by the gateway, which then gives the browser a session cookie.
import { html, useEffect, useRef, useState } from "../core/view.js";
import { addTexts, t } from "../core/i18n.js";
import { logIn } from "../core/session.js";
import { Button, errorText, Mark, SecretField } from "../parts/index.js";
import { Preferences } from "../shell/topbar.js";
import texts from "../texts/login.js";

addTexts(texts);

const REASONS = { 401: "login.wrong", 403: "login.not_admin", 429: "login.too_many" };

export function Login() {
  const form = useRef(null);
  const [key, setKey] = useState("");
  const [problem, setProblem] = useState(null);
  const [isBusy, setBusy] = useState(false);
  const focus = () => form.current?.querySelector("input").focus();
  useEffect(() => {
    document.title = `${t("nav.login")} · ccr_middleware`;
  });
  useEffect(focus, []);
  async function submit(event) {
    event.preventDefault();
    if (!key.trim()) return refuse({ text: "login.empty" });
    setBusy(true);
    try {
      await logIn(key.trim());
      return undefined;
    } catch (error) {
      return refuse(REASONS[error.status] ? { text: REASONS[error.status] } : { error });
    } finally {
      setBusy(false);
    }
  }
  function refuse(reason) {
    setProblem(reason);
    focus();
  }
  const message = problem && (problem.text ? t(problem.text) : errorText(problem.error));
  return html`<div class="login">
    <header class="login-bar"><${Preferences} /></header>
    <main class="login-card">
      <${Mark} size=${40} />
      <h1>${t("login.title")}</h1>
      <p class="soft">${t("login.text")}</p>
      <form class="stack" ref=${form} onSubmit=${submit} novalidate>
        <${SecretField} label=${t("login.key")} value=${key} error=${message} autocomplete="current-password"
          onChange=${(text) => (setKey(text), setProblem(null))} />
        <p class="visually-hidden" role="alert">${message}</p>
        <${Button} kind="primary" type="submit" busy=${isBusy}>${t("login.go")}<//>
      </form>
      <p class="small faint">${t("login.privacy")}</p>
    </main>
  </div>`;
}
