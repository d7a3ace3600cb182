//! The choice of a theme: light, dark, or the operating system's. Styled in `theme_menu.css`.

use yew::prelude::*;

use super::icons;
use crate::browser;
use crate::hooks::{use_event, use_signal};
use crate::i18n::{Language, Words};
use crate::theme::Theme;

/// The `id` of the popover.
const ID: &str = "themes";

/// The button and the popover with the themes.
#[hook]
pub fn use_theme_menu(language: Language) -> Html {
    let words = language.words();
    let theme = use_signal(remembered);

    // Another tab may change the theme.
    let onstorage = Callback::from({
        let theme = theme.clone();
        move |_: Event| {
            let chosen = remembered();
            browser::apply_theme(chosen);
            theme.set(chosen);
        }
    });
    use_event(|| browser::window().into(), "storage", onstorage);

    let choose = Callback::from({
        let theme = theme.clone();
        move |chosen: Theme| {
            browser::remember(browser::THEME, chosen.name());
            browser::apply_theme(chosen);
            theme.set(chosen);
        }
    });
    let current = theme.get();
    let items = Theme::ALL.into_iter().map(|item| {
        let chosen = item == current;
        html! {
            <label class="item" key={item.name()}>
                <input type="radio" name="theme" class="unseen" data-theme-name={item.name()} checked={chosen} autofocus={chosen}
                    onchange={choose.reform(move |_| item)} />
                { icon(item) }
                <span>{ word(item, words) }</span>
                <span class="chosen">{ chosen.then(icons::tick) }</span>
            </label>
        }
    });
    html! {
        <div class="papo-theme-menu">
            <button type="button" class="icon" popovertarget={ID} data-testid="theme" aria-label={words.theme} title={words.theme}>{ icon(current) }</button>
            <div id={ID} class="popover" popover="auto" role="radiogroup" aria-label={words.theme}>{ for items }</div>
        </div>
    }
}

fn remembered() -> Theme {
    Theme::from_name(&browser::remembered(browser::THEME).unwrap_or_default())
}

fn icon(theme: Theme) -> Html {
    match theme {
        Theme::Light => icons::sun(),
        Theme::Dark => icons::moon(),
        Theme::System => icons::screen(),
    }
}

fn word(theme: Theme, words: &Words) -> &'static str {
    match theme {
        Theme::Light => words.theme_light,
        Theme::Dark => words.theme_dark,
        Theme::System => words.theme_system,
    }
}
