//! The text of a message as nodes.

use yew::prelude::*;

use crate::components::flag;
use crate::markup::{self, Block, Inline};

/// The text. Each line runs in the direction of its letters. `reader` is the reader's name; mentions of it stand out.
pub fn text(text: &str, reader: Option<&str>) -> Html {
    let is_large = markup::is_large_emoji(text);
    let blocks = markup::parse(text);
    let nodes = Nodes { reader };
    html! {
        <div class="text" data-large={flag(is_large)} data-testid="text">
            { for blocks.iter().map(|it| nodes.block(it)) }
        </div>
    }
}

/// Turns parts of a text into nodes.
#[derive(Clone, Copy)]
struct Nodes<'a> {
    reader: Option<&'a str>,
}

impl Nodes<'_> {
    fn block(self, block: &Block) -> Html {
        match block {
            Block::Text(text) => html! { <p>{ self.lines(text) }</p> },
            Block::Code(code) => html! { <pre tabindex="0"><code dir="ltr">{ code }</code></pre> },
            Block::Quote(text) => html! { <blockquote>{ self.lines(text) }</blockquote> },
            Block::List { start, items } => {
                let items = items
                    .iter()
                    .map(|item| html! { <li>{ self.inlines(item) }</li> });
                match start {
                    Some(start) => html! { <ol start={start.to_string()}>{ for items }</ol> },
                    None => html! { <ul>{ for items }</ul> },
                }
            }
        }
    }

    fn lines(self, lines: &[Vec<Inline>]) -> Html {
        let lines = lines.iter().enumerate();
        let lines = lines.map(
            |(number, line)| html! { <>{ (number > 0).then_some("\n") }{ self.inlines(line) }</> },
        );
        html! { <>{ for lines }</> }
    }

    fn inlines(self, line: &[Inline]) -> Html {
        line.iter().map(|it| self.inline(it)).collect()
    }

    fn inline(self, part: &Inline) -> Html {
        match part {
            Inline::Text(text) => html! { <>{ text }</> },
            Inline::Code(code) => html! { <code dir="ltr">{ code }</code> },
            Inline::Strong(inner) => html! { <strong>{ self.inlines(inner) }</strong> },
            Inline::Emphasis(inner) => html! { <em>{ self.inlines(inner) }</em> },
            Inline::Link(address) => html! {
                <a href={address.clone()} target="_blank" rel="noopener noreferrer nofollow"><bdi>{ address }</bdi></a>
            },
            Inline::Mention(name) => {
                // The back end adds a mark to a name that looks like another one.
                let mark = self.reader.and_then(|it| name.strip_prefix(it));
                let is_reader = mark.is_some_and(|it| it.is_empty() || it.starts_with('#'));
                html! { <b class="mention" data-reader={flag(is_reader)}>{ "@" }{ name }</b> }
            }
        }
    }
}
