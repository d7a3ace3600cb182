//! The readers of messages and templates, with inputs near those of `tests/corpus`. An input that breaks them is
//! added there.

use std::{collections::BTreeMap, path::Path};

use papo_gateway::{
    route::{self, Expression},
    template::{self, Overrides},
};
use proptest::prelude::*;
use serde_json::Value;

use crate::mutate::{corpus, near};

fn inputs(folder: &str) -> Vec<Vec<u8>> {
    corpus(folder).into_iter().map(|(_, input)| input).collect()
}

/// The route of a message. For strict JSON it must be the one that a strict parser finds.
fn route_of(message: &str) -> Result<(), TestCaseError> {
    let routes: BTreeMap<_, _> = ["$connect", "$disconnect", "$default", "sendMessage", "test"]
        .map(|key| (key.to_owned(), "function"))
        .into();
    for source in [
        "$request.body.action",
        "${request.body.service.list[1]}-${request.body.action}",
        r"\$default",
    ] {
        let key = Expression::parse(source).unwrap().evaluate(message);
        let (chosen, _) = route::choose(&routes, key.as_deref()).unwrap();
        prop_assert!(
            !["$connect", "$disconnect"].contains(&chosen),
            "a client chose {chosen}"
        );
        if source == "$request.body.action"
            && let Ok(Value::Object(strict)) = serde_json::from_str(message)
            && let Some(Value::String(action)) = strict.get("action")
        {
            prop_assert_eq!(key.as_ref(), Some(action));
        }
    }
    Ok(())
}

/// A template is read, or refused in one sentence that names the file and one of its lines.
fn reading(source: &str) -> Result<bool, TestCaseError> {
    let Err(error) = template::read(Path::new("t.yaml"), source, &Overrides::default()) else {
        return Ok(true);
    };
    let said = error.to_string();
    let line = said
        .strip_prefix("t.yaml:")
        .and_then(|rest| rest.split(':').next());
    let line = line.and_then(|line| line.parse::<usize>().ok());
    // YAML ends lines with carriage returns too; the end of the text may be taken for one more.
    let lines = source.split(['\r', '\n']).count() + 1;
    prop_assert!(
        line.is_some_and(|line| (1..=lines).contains(&line)),
        "{}",
        said
    );
    Ok(false)
}

#[test]
fn every_message_of_the_corpus_finds_its_way() {
    for (name, message) in corpus("messages") {
        let message = String::from_utf8(message).unwrap();
        route_of(&message).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn every_template_of_the_corpus_is_read_unless_it_is_wrong() {
    for (name, source) in corpus("templates") {
        let source = String::from_utf8(source).unwrap();
        // The stack of the tests has a parameter without a default.
        let source = source.replace(
            "    Description: File to which",
            "    Default: x\n    Description: File to which",
        );
        let read = reading(&source).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(read, !name.starts_with("wrong-"), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_message_leads_astray(message in near(inputs("messages"))) {
        route_of(&String::from_utf8_lossy(&message))?;
    }

    #[test]
    fn no_template_brings_the_reader_down(source in near(inputs("templates"))) {
        reading(&String::from_utf8_lossy(&source))?;
    }
}
