//! The text of a message as nodes.

use yew::prelude::*;

use crate::markup::{self, Block, Inline};

/// The text. Every line has the direction of its own letters.
pub fn text(text: &str) -> Html {
    let is_large = markup::is_large_emoji(text);
    let blocks = markup::parse(text);
    html! {
        <div class="text" data-large={is_large.to_string()} data-testid="text">
            { for blocks.iter().map(block) }
        </div>
    }
}

fn block(block: &Block) -> Html {
    match block {
        Block::Text(text) => html! { <p>{ lines(text) }</p> },
        Block::Code(code) => html! { <pre tabindex="0"><code dir="ltr">{ code }</code></pre> },
        Block::Quote(text) => html! { <blockquote>{ lines(text) }</blockquote> },
        Block::List { start, items } => {
            let items = items
                .iter()
                .map(|item| html! { <li>{ inlines(item) }</li> });
            match start {
                Some(start) => html! { <ol start={start.to_string()}>{ for items }</ol> },
                None => html! { <ul>{ for items }</ul> },
            }
        }
    }
}

fn lines(lines: &[Vec<Inline>]) -> Html {
    let lines = lines.iter().enumerate();
    let lines = lines
        .map(|(number, line)| html! { <>{ (number > 0).then_some("\n") }{ inlines(line) }</> });
    html! { <>{ for lines }</> }
}

fn inlines(line: &[Inline]) -> Html {
    line.iter().map(inline).collect()
}

fn inline(part: &Inline) -> Html {
    match part {
        Inline::Text(text) => html! { <>{ text }</> },
        Inline::Code(code) => html! { <code dir="ltr">{ code }</code> },
        Inline::Strong(inner) => html! { <strong>{ inlines(inner) }</strong> },
        Inline::Emphasis(inner) => html! { <em>{ inlines(inner) }</em> },
        Inline::Link(address) => html! {
            <a href={address.clone()} target="_blank" rel="noopener noreferrer nofollow"><bdi>{ address }</bdi></a>
        },
    }
}
