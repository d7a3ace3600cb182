//! How long a first start takes. The figures were measured on two cores; more cores are assumed to share the work evenly.

use anyhow::Result;

use crate::progress;
use crate::tools::cache::Cache;
use crate::tools::{rust_target, trunk};
use crate::workspace::Workspace;

/// Building the gateway, the functions and the app from nothing took 4 min 3 s.
const CHAT_MINUTES: u32 = 4;

/// Says how long the start will take if there is much to do.
pub(super) fn print(workspace: &Workspace, cache: &Cache) -> Result<()> {
    let tools = trunk::minutes_to_build(workspace, cache)?;
    let built = [
        "debug/gateway".to_owned(),
        format!("{}/debug/papo-app.wasm", rust_target::WASM),
    ];
    let is_built = built.iter().all(|it| workspace.target().join(it).exists());
    let chat = if is_built { 0 } else { CHAT_MINUTES };
    if let Some(sentence) = sentence(tools, chat, cores()) {
        progress::println(&sentence);
    }
    Ok(())
}

pub(super) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// `tools` and `chat` are minutes on two cores.
fn sentence(tools: u32, chat: u32, cores: usize) -> Option<String> {
    let minutes = |on_two_cores: u32| {
        let cores = u32::try_from(cores).unwrap_or(u32::MAX).max(1);
        (on_two_cores * 2).div_ceil(cores)
    };
    let tools = (tools > 0).then(|| {
        format!(
            "Trunk and wasm-bindgen are downloaded, or else built, which takes about {} min",
            minutes(tools)
        )
    });
    let chat = (chat > 0).then(|| format!("building the chat takes about {} min", minutes(chat)));
    let parts: Vec<String> = tools.into_iter().chain(chat).collect();
    (!parts.is_empty()).then(|| {
        format!(
            "First start on {cores} cores: {}. Later starts take seconds.",
            parts.join("; ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::sentence;

    #[test]
    fn a_first_start_is_announced_with_its_parts() {
        assert_eq!(
            sentence(8, 4, 2).unwrap(),
            "First start on 2 cores: Trunk and wasm-bindgen are downloaded, or else built, which takes about 8 min; \
             building the chat takes about 4 min. Later starts take seconds."
        );
    }

    #[test]
    fn more_cores_take_less_time_but_never_none() {
        let sentence = sentence(0, 4, 64).unwrap();
        assert!(sentence.contains("about 1 min"), "{sentence}");
    }

    #[test]
    fn a_later_start_is_not_announced() {
        assert_eq!(sentence(0, 0, 2), None);
    }
}
