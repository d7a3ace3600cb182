//! The header: what this is, whether it works, and in which language and colours.

use stylist::yew::use_style;
use yew::prelude::*;

use super::icons;
use super::status::Status;
use super::theme_menu::ThemeMenu;
use crate::i18n::Language;

/// What the header tells the page.
#[derive(Debug, PartialEq, Properties)]
pub struct Props {
    /// Another language was chosen.
    pub onlanguage: Callback<Language>,
}

/// The header.
#[component]
pub fn Header(props: &Props) -> Html {
    let language = use_context::<Language>().unwrap_or_default();
    let words = language.words();
    let onclick = props.onlanguage.reform(move |_| language.other());
    let class = use_style!(
        r#"
background: var(--surface);
border-bottom: 1px solid var(--line);

.bar { max-width: calc(var(--column) + 32px); margin: auto; padding: 12px 16px; display: flex; align-items: center; gap: 12px; }
.bar > svg { flex: none; }
.names { min-width: 0; margin-right: auto; }
h1 { margin: 0; font-weight: 680; font-size: 17px; letter-spacing: -.012em; line-height: 1.15; }
.tagline { margin: 0; color: var(--ink-3); font-size: 12.5px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.icon { width: 36px; height: 36px; flex: none; border-radius: 11px; border: 1px solid var(--line); background: var(--raised); color: var(--ink-2); display: grid; place-items: center; padding: 0; font-size: 12.5px; font-weight: 600; }
.icon:hover { color: var(--ink); border-color: var(--ink-3); }
@media (max-width: 520px) {
    .bar { padding: 10px 12px; gap: 8px; }
    .tagline { display: none; }
}
"#
    );

    html! {
        <header {class}>
            <div class="bar">
                { icons::mark(36) }
                <div class="names">
                    <h1>{ "Papo" }</h1>
                    <p class="tagline">{ words.tagline }</p>
                </div>
                <Status />
                <button type="button" class="icon" data-testid="language" aria-label={format!("{}: {}", language.short(), words.switch_language)}
                    title={words.switch_language} {onclick}>{ language.short() }</button>
                <ThemeMenu />
            </div>
        </header>
    }
}
