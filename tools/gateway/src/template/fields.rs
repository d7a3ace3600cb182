//! The properties of one mapping. Whoever reads them says which there are; what is left over is an error, because a
//! property that is silently skipped is a difference to AWS that nobody sees.

use super::{
    error::{Error, Problem},
    resolve::Resolver,
    yaml::{Entry, Node, Value},
};

/// Reads the properties of a mapping, with those of `Globals` behind them.
pub(crate) struct Fields<'t> {
    resolver: &'t Resolver<'t>,
    of: String,
    line: usize,
    own: &'t [Entry],
    global: &'t [Entry],
    read: Vec<&'static str>,
    left_out: Vec<&'static str>,
}

impl<'t> Fields<'t> {
    /// # Errors
    /// When `node` is no mapping.
    pub(crate) fn new(
        resolver: &'t Resolver<'t>,
        of: impl Into<String>,
        node: &'t Node,
    ) -> Result<Self, Error> {
        let of = of.into();
        match &node.value {
            Value::Mapping(own) => Ok(Self {
                resolver,
                of,
                line: node.line,
                own,
                global: &[],
                read: Vec::new(),
                left_out: Vec::new(),
            }),
            _ => Err(resolver.error(
                node.line,
                Problem::Kind {
                    of,
                    wanted: "a mapping",
                    found: node.kind(),
                },
            )),
        }
    }

    /// Properties that hold where the mapping itself says nothing.
    pub(crate) fn with_globals(mut self, globals: Option<&'t Node>) -> Self {
        if let Some(Node {
            value: Value::Mapping(entries),
            ..
        }) = globals
        {
            self.global = entries;
        }
        self
    }

    /// Line of the mapping, for errors about something that is not there.
    pub(crate) fn line(&self) -> usize {
        self.line
    }

    /// The mapping's own node of this name, then that of `Globals`.
    pub(crate) fn both(&mut self, name: &'static str) -> [Option<&'t Node>; 2] {
        self.read.push(name);
        [self.own, self.global].map(|entries| {
            entries
                .iter()
                .find(|entry| entry.key == name)
                .map(|entry| &entry.node)
        })
    }

    /// The mapping's own node of this name, or else that of `Globals`; nothing for `!Ref AWS::NoValue`.
    pub(crate) fn node(&mut self, name: &'static str) -> Option<&'t Node> {
        let [own, global] = self.both(name);
        own.or(global).filter(|node| !node.is_nothing())
    }

    pub(crate) fn required(&mut self, name: &'static str) -> Result<&'t Node, Error> {
        self.node(name).ok_or_else(|| {
            let problem = Problem::Missing {
                missing: name.to_owned(),
                of: self.of.clone(),
            };
            self.resolver.error(self.line, problem)
        })
    }

    pub(crate) fn text(&mut self, name: &'static str) -> Result<Option<String>, Error> {
        let of = self.path(name);
        self.node(name)
            .map_or(Ok(None), |node| self.resolver.text(node, &of))
    }

    /// A whole number within `range`.
    pub(crate) fn number(
        &mut self,
        name: &'static str,
        range: std::ops::RangeInclusive<u64>,
    ) -> Result<Option<u64>, Error> {
        let Some(node) = self.node(name) else {
            return Ok(None);
        };
        let of = self.path(name);
        let Some(found) = self.resolver.text(node, &of)? else {
            return Ok(None);
        };
        match found.parse() {
            Ok(number) if range.contains(&number) => Ok(Some(number)),
            _ => {
                let wanted = format!(
                    "a whole number from {} to {} is wanted",
                    range.start(),
                    range.end()
                );
                Err(self
                    .resolver
                    .error(node.line, Problem::Value { of, found, wanted }))
            }
        }
    }

    /// A number that is not negative.
    pub(crate) fn decimal(&mut self, name: &'static str) -> Result<Option<f64>, Error> {
        let Some(node) = self.node(name) else {
            return Ok(None);
        };
        let of = self.path(name);
        let Some(found) = self.resolver.text(node, &of)? else {
            return Ok(None);
        };
        match found.parse::<f64>() {
            Ok(number) if number.is_finite() && number >= 0.0 => Ok(Some(number)),
            _ => {
                let wanted = "a number that is not negative is wanted".to_owned();
                Err(self
                    .resolver
                    .error(node.line, Problem::Value { of, found, wanted }))
            }
        }
    }

    /// Names that are accepted and not read, because they change nothing here.
    pub(crate) fn leave_out(&mut self, names: &[&'static str]) {
        self.left_out.extend_from_slice(names);
    }

    /// # Errors
    /// When there is a property that was neither read nor left out.
    pub(crate) fn finish(self) -> Result<(), Error> {
        let known = |name: &str| self.read.contains(&name) || self.left_out.contains(&name);
        match self
            .own
            .iter()
            .chain(self.global)
            .find(|entry| !known(&entry.key))
        {
            None => Ok(()),
            Some(entry) => {
                let problem = Problem::Property {
                    found: entry.key.clone(),
                    of: self.of,
                    supported: self.read,
                };
                Err(self.resolver.error(entry.line, problem))
            }
        }
    }

    /// For messages: `Timeout of sendMessage`.
    pub(crate) fn path(&self, name: &str) -> String {
        format!("{name} of {}", self.of)
    }
}
