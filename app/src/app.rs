//! The page.

use yew::prelude::*;

use crate::browser;
use crate::chat::provider::ChatProvider;
use crate::components::composer::Composer;
use crate::components::header::Header;
use crate::components::log::Log;
use crate::components::notice::Notice;
use crate::components::pages::Shell;
use crate::i18n::Language;
use crate::theme::ThemeStyles;

/// Everything.
#[component]
pub fn App() -> Html {
    let language = use_state_eq(browser::preferred_language);
    use_effect_with(*language, |language| browser::announce_language(*language));
    let onlanguage = use_callback((), {
        let language = language.setter();
        move |chosen: Language, ()| {
            browser::remember(browser::LANGUAGE, chosen.tag());
            language.set(chosen);
        }
    });

    html! {
        <ContextProvider<Language> context={*language}>
            <ThemeStyles />
            <ChatProvider>
                <Shell>
                    <Header key="header" {onlanguage} />
                    <Log key="log" />
                    <footer key="footer">
                        <div class="dock">
                            <Notice key="notice" />
                            <Composer key="composer" />
                        </div>
                    </footer>
                </Shell>
            </ChatProvider>
        </ContextProvider<Language>>
    }
}
