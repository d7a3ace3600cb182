//! `samconfig.toml` and its YAML form: what `sam build` and `sam deploy` are configured with
//! (<https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-config.html>). The values of
//! parameters replace their defaults, so that `--parameter` still overrides them.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{
    document::Document,
    error::{Error, List, Problem},
    files::BUILT,
    source,
    yaml::{
        Node, Value,
        nodes::{entry, quoted},
    },
};

/// Names of the file, in the order in which `sam` looks for them.
const NAMES: [&str; 3] = ["samconfig.toml", "samconfig.yaml", "samconfig.yml"];
/// The environment that is used unless `--config-env` names another.
const DEFAULT: &str = "default";

/// The settings of one environment that matter here.
#[derive(Default)]
pub(super) struct SamConfig {
    file: PathBuf,
    /// Values of the template's parameters.
    parameters: BTreeMap<String, String>,
    /// The name of the stack.
    pub(super) stack_name: Option<String>,
    /// Where `sam build` puts what it builds.
    pub(super) built: Option<PathBuf>,
    /// The template that `sam build` reads.
    template: Option<PathBuf>,
}

impl SamConfig {
    /// The settings for a template: those beside it, beside the folder of `sam build` that it is in, or in the current folder.
    pub(super) fn of_template(template: &Path, environment: Option<&str>) -> Result<Self, Error> {
        let beside = template.with_file_name("");
        let project = beside
            .ancestors()
            .nth(2)
            .filter(|_| beside.ends_with(BUILT));
        let places = [Some(beside.as_path()), project, Some(Path::new(""))];
        for folder in places.into_iter().flatten() {
            if let Some(config) = Self::read(folder, environment)? {
                return Ok(config);
            }
        }
        match environment {
            Some(found) => {
                let wanted = format!("there is no {} beside the template", NAMES[0]);
                let problem = Problem::value("--config-env", found, wanted);
                Err(Error::of_file(template, problem))
            }
            None => Ok(Self::default()),
        }
    }

    /// The settings in a folder; `None` without such a file.
    pub(super) fn read(folder: &Path, environment: Option<&str>) -> Result<Option<Self>, Error> {
        let mut files = NAMES.iter().map(|name| folder.join(name));
        let Some(file) = files.find(|file| file.is_file()) else {
            return Ok(None);
        };
        let fail = |problem| Error::of_file(&file, problem);
        let document = parse(&file).map_err(|why| fail(Problem::Config(why)))?;
        let wanted = environment.unwrap_or(DEFAULT);
        let Some(environment) = document.get(wanted) else {
            if environment.is_none() {
                return Ok(Some(Self::default()));
            }
            let names = document.entries().iter().map(|entry| entry.key.as_str());
            let names: Vec<_> = names.filter(|name| *name != "version").collect();
            let known = format!("the file has {}", List(&names));
            return Err(fail(Problem::value("--config-env", wanted, known)));
        };
        let setting = |commands: [&str; 2], name: &str| {
            let of = |command| environment.get(command)?.get("parameters")?.get(name);
            commands.into_iter().find_map(of)
        };
        let text = |commands, name| setting(commands, name).and_then(Node::text);
        let path = |name| text(["build", "global"], name).map(|path| folder.join(path));
        let parameters = setting(["deploy", "build"], "parameter_overrides")
            .or_else(|| setting(["global", "global"], "parameter_overrides"));
        Ok(Some(Self {
            parameters: parameters.map(values).unwrap_or_default(),
            stack_name: text(["deploy", "global"], "stack_name").map(ToOwned::to_owned),
            built: path("build_dir"),
            template: path("template_file").or_else(|| path("template")),
            file: file.clone(),
        }))
    }

    /// The template that `sam build` reads, if the file names one.
    pub(super) fn template(&self) -> Result<Option<&Path>, Error> {
        let template = self.template.as_deref();
        match template.filter(|template| !template.is_file()) {
            None => Ok(template),
            Some(missing) => {
                let wanted = "there is no such file; pass --template FILE";
                let problem =
                    Problem::value("template_file", missing.display().to_string(), wanted);
                Err(Error::of_file(&self.file, problem))
            }
        }
    }

    /// Gives the parameters of the template their values, and remarks so. `given` are those of the command line.
    pub(super) fn apply(&self, document: &mut Document, given: &BTreeMap<String, String>) {
        let file = self.file.display();
        let (mut set, mut unknown) = (Vec::new(), Vec::new());
        for (name, text) in self
            .parameters
            .iter()
            .filter(|(name, _)| !given.contains_key(*name))
        {
            let declared = document.node.get_mut("Parameters");
            let Some(declared) = declared.and_then(|node| node.get_mut(name)) else {
                unknown.push(name.as_str());
                continue;
            };
            set.push(name.as_str());
            let line = declared.line;
            if let Value::Mapping(attributes) = &mut declared.value {
                attributes.retain(|attribute| attribute.key != "Default");
                attributes.push(entry(line, "Default", quoted(line, text)));
            }
        }
        let remarks = &mut document.noticed.remarks;
        if !set.is_empty() {
            let set = List(&set);
            remarks.push(format!("{file}: parameter_overrides sets {set}"));
        }
        if !unknown.is_empty() {
            let unknown = List(&unknown);
            let remark = format!("{file}: the template does not have the parameters {unknown}");
            remarks.push(remark);
        }
    }
}

fn parse(file: &Path) -> Result<Node, String> {
    let mut text = source::read(file)?;
    if file
        .extension()
        .is_some_and(|extension| extension == "toml")
    {
        let table: toml::Table = text
            .parse()
            .map_err(|error: toml::de::Error| error.to_string())?;
        // JSON is YAML too.
        text = serde_json::to_string(&table).map_err(|error| error.to_string())?;
    }
    source::parse(&text)
}

/// The values of `parameter_overrides`: a mapping, or texts with `Key=Value` or `ParameterKey=Key,ParameterValue=Value`.
fn values(node: &Node) -> BTreeMap<String, String> {
    let mapped = node.entries().iter().filter_map(|entry| {
        let value = entry.node.text()?;
        Some((entry.key.clone(), value.to_owned()))
    });
    let texts = node.text().into_iter();
    let texts = texts.chain(node.items().iter().filter_map(Node::text));
    let pairs = texts.flat_map(words).filter_map(|word| {
        let long = word.strip_prefix("ParameterKey=");
        let (key, value) = match long {
            Some(rest) => rest.split_once(",ParameterValue=")?,
            None => word.split_once('=')?,
        };
        Some((key.to_owned(), value.to_owned()))
    });
    mapped.chain(pairs).collect()
}

/// The words of a command line, without quotes and backslashes.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (character, quote) {
            ('\\', _) => word.extend(characters.next()),
            (c, Some(open)) if c == open => quote = None,
            ('"' | '\'', None) => quote = Some(character),
            (c, None) if c.is_whitespace() => words.push(std::mem::take(&mut word)),
            (c, _) => word.push(c),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overrides_are_texts_lists_or_mappings() {
        let wanted = BTreeMap::from([
            ("Name".to_owned(), "two words, \"quoted\"".to_owned()),
            ("Stage".to_owned(), "prod".to_owned()),
        ]);
        for text in [
            r#"'Stage=prod Name="two words, \"quoted\""'"#,
            r#"'Stage="prod"  ParameterKey=Name,ParameterValue="two words, \"quoted\""'"#,
            r#"['Stage=prod', 'Name="two words, \"quoted\""']"#,
            r#"{Stage: prod, Name: 'two words, "quoted"'}"#,
        ] {
            assert_eq!(values(&source::parse(text).unwrap()), wanted, "{text}");
        }
        assert!(values(&source::parse("'no pair \"'").unwrap()).is_empty());
    }
}
