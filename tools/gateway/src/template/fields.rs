//! The properties of one mapping. A reader declares the properties that it reads or knowingly ignores; every other one
//! is reported, because skipping it silently would hide a difference from AWS.

use std::{fmt::Display, ops::RangeInclusive, str::FromStr};

use super::{
    error::{Error, Problem, nearest},
    resolve::Resolver,
    yaml::{Entry, Node, Value},
};

/// Reads the properties of a mapping.
pub(crate) struct Fields<'t> {
    pub(crate) resolver: &'t Resolver<'t>,
    of: String,
    line: usize,
    own: &'t [Entry],
    read: Vec<&'static str>,
    ignored: Vec<&'static str>,
}

impl<'t> Fields<'t> {
    pub(crate) fn new(
        resolver: &'t Resolver<'t>,
        of: impl Into<String>,
        node: &'t Node,
    ) -> Result<Self, Error> {
        let of = of.into();
        let own = match &node.value {
            Value::Mapping(own) => own.as_slice(),
            // `Properties:` without anything below it.
            Value::Scalar { text, plain: true } if text.is_empty() => &[],
            _ => {
                let problem = Problem::kind(of, "a mapping", node.kind());
                return Err(resolver.error(node.line, problem));
            }
        };
        Ok(Self {
            resolver,
            of,
            line: node.line,
            own,
            read: Vec::new(),
            ignored: Vec::new(),
        })
    }

    /// The properties of a resource, after a check of its attributes.
    pub(crate) fn of(resolver: &'t Resolver<'t>, resource: &'t Entry) -> Result<Self, Error> {
        static NONE: Node = Node {
            line: 1,
            value: Value::Mapping(Vec::new()),
        };
        let mut attributes = Self::new(resolver, resource.key.clone(), &resource.node)?;
        attributes.ignore(&[
            "Connectors",
            "CreationPolicy",
            "DeletionPolicy",
            "DependsOn",
            "IgnoreGlobals",
            "Metadata",
            "Type",
            "UpdatePolicy",
            "UpdateReplacePolicy",
        ]);
        if let Some(node) = attributes.node("Condition") {
            // Conditions that the template defines have been evaluated and removed by now.
            let of = format!("Condition of {}", resource.key);
            let found = node.kind();
            return Err(resolver.error(node.line, Problem::undefined_condition(&of, &found)));
        }
        let properties = attributes.node("Properties").unwrap_or(&NONE);
        attributes.finish();
        Self::new(resolver, resource.key.clone(), properties)
    }

    /// The properties of an event of a function in SAM's form.
    pub(crate) fn of_event(
        resolver: &'t Resolver<'t>,
        function: &str,
        event: &'t Entry,
    ) -> Result<Self, Error> {
        let of = format!("{function}.{}", event.key);
        let mut attributes = Self::new(resolver, of.clone(), &event.node)?;
        attributes.required("Type")?;
        let properties = attributes.required("Properties")?;
        attributes.finish();
        Self::new(resolver, of, properties)
    }

    fn own(&self, name: &str) -> Option<&'t Node> {
        let own = self.own.iter().find(|entry| entry.key == name);
        own.map(|entry| &entry.node)
    }

    /// Line of the value of this name; of the mapping if there is none.
    pub(crate) fn line_of(&self, name: &str) -> usize {
        self.own(name).map_or(self.line, |node| node.line)
    }

    /// The value of this name; `None` for `!Ref AWS::NoValue`.
    pub(crate) fn node(&mut self, name: &'static str) -> Option<&'t Node> {
        self.read.push(name);
        self.own(name).filter(|node| !node.is_nothing())
    }

    pub(crate) fn required(&mut self, name: &'static str) -> Result<&'t Node, Error> {
        self.node(name).ok_or_else(|| self.missing(name))
    }

    pub(crate) fn text(&mut self, name: &'static str) -> Result<Option<String>, Error> {
        match self.node(name) {
            Some(node) => self.resolver.text(node, &self.path(name)),
            None => Ok(None),
        }
    }

    pub(crate) fn required_text(&mut self, name: &'static str) -> Result<String, Error> {
        self.required(name)?;
        Ok(self.text(name)?.unwrap_or_default())
    }

    /// The properties in the mapping of this name.
    pub(crate) fn nested(&mut self, name: &'static str) -> Result<Option<Self>, Error> {
        let node = self.node(name);
        node.map(|node| Self::new(self.resolver, self.path(name), node))
            .transpose()
    }

    /// The error that a property is absent.
    pub(crate) fn missing(&self, name: &str) -> Error {
        let problem = Problem::missing(self.of.as_str(), name);
        self.resolver.error(self.line, problem)
    }

    /// The error that a property has the value `found`, and not what is `wanted`.
    pub(crate) fn invalid(
        &self,
        name: &str,
        found: impl Into<String>,
        wanted: impl Into<String>,
    ) -> Error {
        let problem = Problem::value(self.path(name), found, wanted);
        self.resolver.error(self.line_of(name), problem)
    }

    /// The items of a list, or a single value as the only item.
    pub(crate) fn items(&mut self, name: &'static str) -> &'t [Node] {
        self.node(name).map_or(&[], Node::one_or_more)
    }

    /// The entries of a mapping.
    pub(crate) fn entries(&mut self, name: &'static str) -> &'t [Entry] {
        self.node(name).map_or(&[], Node::entries)
    }

    /// A whole number within `range`; anything else is reported and treated as absent.
    pub(crate) fn number<N: FromStr + PartialOrd + Display>(
        &mut self,
        name: &'static str,
        range: RangeInclusive<N>,
    ) -> Option<N> {
        let wanted = || {
            let (start, end) = (range.start(), range.end());
            format!("expected a whole number from {start} to {end}")
        };
        self.parsed(
            name,
            |text| text.parse().ok().filter(|n| range.contains(n)),
            wanted,
        )
    }

    /// A number that is not negative; anything else is reported and treated as absent.
    pub(crate) fn decimal(&mut self, name: &'static str) -> Option<f64> {
        let valid = |number: &f64| number.is_finite() && *number >= 0.0;
        let wanted = || "expected a number that is not negative".to_owned();
        self.parsed(name, |text| text.parse().ok().filter(valid), wanted)
    }

    /// A boolean, in any of the forms of YAML 1.1; anything else is reported and treated as absent.
    pub(crate) fn flag(&mut self, name: &'static str) -> Option<bool> {
        let parse = |text: &str| match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => Some(true),
            "false" | "no" | "off" => Some(false),
            _ => None,
        };
        self.parsed(name, parse, || "expected true or false".to_owned())
    }

    fn parsed<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
        wanted: impl FnOnce() -> String,
    ) -> Option<T> {
        let of = self.path(name);
        let node = self.node(name)?;
        let found = self.resolver.keep(self.resolver.text(node, &of))??;
        let parsed = parse(&found);
        if parsed.is_none() {
            let problem = Problem::value(of, found, wanted());
            self.resolver.report(node.line, problem);
        }
        parsed
    }

    /// Properties that are accepted and not read, because they have no effect here.
    pub(crate) fn ignore(&mut self, names: &[&'static str]) {
        self.ignored.extend_from_slice(names);
    }

    /// Reports properties that were neither read nor ignored: as an error when one looks like a misspelling, which
    /// CloudFormation refuses, otherwise as left out.
    pub(crate) fn finish(self) {
        let known = |name: &str| self.read.contains(&name) || self.ignored.contains(&name);
        for unknown in self.own.iter().filter(|entry| !known(&entry.key)) {
            let Entry { key, line, .. } = unknown;
            let candidates = self.read.iter().chain(&self.ignored).copied();
            if let Some(near) = nearest(key, candidates) {
                let problem = Problem::misspelt(&self.of, format!("property {key}"), near);
                self.resolver.report(*line, problem);
            } else {
                self.resolver.property_left_out(unknown, &self.of);
            }
        }
    }

    /// For messages: `Timeout of sendMessage`.
    pub(crate) fn path(&self, name: &str) -> String {
        format!("{name} of {}", self.of)
    }
}
