//! YAML as templates use it: every node knows its line, scalars keep their text, and the short tags (`!Ref X`) are turned
//! into the long form (`{"Ref": X}`), so that the rest of the reader meets one spelling only.
//!
//! Aliases and merge keys (`<<`) are resolved, as `sam` does before it deploys. A second document is refused
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html>).

mod explain;
pub(crate) mod nodes;
mod reader;
mod relaxed;

pub(crate) use self::reader::{read, read_with_duplicates};

/// One node of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    /// Line of its first character, counted from 1.
    pub(crate) line: usize,
    pub(crate) value: Value,
}

impl Default for Node {
    /// An empty mapping.
    fn default() -> Self {
        nodes::mapping(1, Vec::new())
    }
}

/// The value of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// Text as written; `plain` when unquoted, so that `5` may be a number and `"5"` may not.
    Scalar {
        text: String,
        plain: bool,
    },
    Sequence(Vec<Node>),
    Mapping(Vec<Entry>),
}

/// A key and what it maps to, in the order of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) line: usize,
    pub(crate) node: Node,
}

impl Node {
    /// The kind of node, for messages.
    pub(crate) fn kind(&self) -> String {
        match &self.value {
            Value::Scalar { text, .. } => format!("{text:?}"),
            Value::Sequence(_) => "a list".to_owned(),
            Value::Mapping(entries) => match entries.as_slice() {
                [only] if self.is_intrinsic() => {
                    format!("the intrinsic {}", only.key)
                }
                _ => "a mapping".to_owned(),
            },
        }
    }

    /// The entry with this key, when the node is a mapping.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        let found = self.entries().iter().find(|entry| entry.key == key);
        found.map(|entry| &entry.node)
    }

    /// The text under this key, when the node is a mapping and that is a scalar.
    pub(crate) fn text_of(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Node::text)
    }

    /// The entry with this key for changing it, when the node is a mapping.
    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        match &mut self.value {
            Value::Mapping(entries) => entries
                .iter_mut()
                .find(|entry| entry.key == key)
                .map(|entry| &mut entry.node),
            _ => None,
        }
    }

    /// The name and the argument of an intrinsic function: the only entry of a mapping.
    pub(crate) fn intrinsic_mut(&mut self) -> Option<(&str, &mut Node)> {
        match &mut self.value {
            Value::Mapping(entries) => match entries.as_mut_slice() {
                [Entry { key, node, .. }] => Some((key.as_str(), node)),
                _ => None,
            },
            _ => None,
        }
    }

    /// The entries of a mapping; none of any other node.
    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// The entries of the mapping under this key; none when there is no such mapping.
    pub(crate) fn entries_of(&self, key: &str) -> &[Entry] {
        self.get(key).map_or(&[], Node::entries)
    }

    /// The items of a list; none of any other node.
    pub(crate) fn items(&self) -> &[Node] {
        match &self.value {
            Value::Sequence(items) => items,
            _ => &[],
        }
    }

    /// The items of the list under this key; none when there is no such list.
    pub(crate) fn items_of(&self, key: &str) -> &[Node] {
        self.get(key).map_or(&[], Node::items)
    }

    /// The items of a list; any other node as its only item.
    pub(crate) fn one_or_more(&self) -> &[Node] {
        match &self.value {
            Value::Sequence(items) => items,
            _ => std::slice::from_ref(self),
        }
    }

    /// The items of a list and the values of a mapping.
    pub(crate) fn children(&self) -> impl Iterator<Item = &Node> {
        let values = self.entries().iter().map(|entry| &entry.node);
        self.items().iter().chain(values)
    }

    /// As [`Self::children`], for changing them.
    pub(crate) fn children_mut(&mut self) -> impl Iterator<Item = &mut Node> {
        let (items, entries): (&mut [Node], &mut [Entry]) = match &mut self.value {
            Value::Scalar { .. } => (&mut [], &mut []),
            Value::Sequence(items) => (items, &mut []),
            Value::Mapping(entries) => (&mut [], entries),
        };
        let values = entries.iter_mut().map(|entry| &mut entry.node);
        items.iter_mut().chain(values)
    }

    /// Whether the node is an intrinsic function, whose value is known later.
    pub(crate) fn is_intrinsic(&self) -> bool {
        match self.entries() {
            [only] => ["Ref", "Condition"].contains(&&*only.key) || only.key.starts_with("Fn::"),
            _ => false,
        }
    }

    /// Whether the node is `!Ref AWS::NoValue`, which stands for an absent value.
    pub(crate) fn is_nothing(&self) -> bool {
        self.text_of("Ref") == Some("AWS::NoValue")
    }

    /// The text, when the node is a scalar.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Gives the node and all nodes in it this line, for content that comes from another file.
    pub(crate) fn set_line(&mut self, line: usize) {
        self.change_lines(&|_| line);
    }

    /// Adds an offset to the lines of the node and of all nodes in it.
    pub(crate) fn add_lines(&mut self, count: usize) {
        self.change_lines(&|line| line + count);
    }

    fn change_lines(&mut self, change: &impl Fn(usize) -> usize) {
        self.line = change(self.line);
        if let Value::Mapping(entries) = &mut self.value {
            for entry in entries {
                entry.line = change(entry.line);
            }
        }
        for child in self.children_mut() {
            child.change_lines(change);
        }
    }

    /// The entries of the mapping under `name`. A value of another type becomes an empty mapping.
    pub(crate) fn section(&mut self, name: &str) -> &mut Vec<Entry> {
        let line = self.line;
        let entries = self.as_mapping();
        let index = entries.iter().position(|entry| entry.key == name);
        let index = index.unwrap_or_else(|| {
            let node = nodes::mapping(line, Vec::new());
            entries.push(nodes::entry(line, name, node));
            entries.len() - 1
        });
        entries[index].node.as_mapping()
    }

    fn as_mapping(&mut self) -> &mut Vec<Entry> {
        if !matches!(self.value, Value::Mapping(_)) {
            self.value = Value::Mapping(Vec::new());
        }
        match &mut self.value {
            Value::Mapping(entries) => entries,
            _ => unreachable!("has just been made a mapping"),
        }
    }

    fn depth(&self) -> usize {
        if self.text().is_some() {
            return 0;
        }
        1 + self.children().map(Node::depth).max().unwrap_or(0)
    }

    fn count(&self) -> usize {
        1 + self.children().map(Node::count).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(source: &str, line: usize, words: &str) {
        match read(source) {
            Err((found, message)) => {
                assert!(
                    message.contains(words),
                    "{message:?} does not say {words:?}"
                );
                assert_eq!(found, line, "{message}");
            }
            Ok(node) => panic!("accepted as {node:?}"),
        }
    }

    #[test]
    fn short_tags_become_the_long_form() {
        let short = read("a: !Sub x\nb: !GetAtt F.Arn\nc: !Ref R\n").unwrap();
        let long = read("a:\n Fn::Sub: x\n").unwrap();
        for node in [&short, &long] {
            assert_eq!(node.get("a").unwrap().text_of("Fn::Sub"), Some("x"));
        }
        assert_eq!(short.get("b").unwrap().text_of("Fn::GetAtt"), Some("F.Arn"));
        assert_eq!(short.get("c").unwrap().text_of("Ref"), Some("R"));
    }

    #[test]
    fn nodes_know_their_line_and_whether_they_are_quoted() {
        let node = read("a: 5\nb:\n  c: \"5\"\n").unwrap();
        let five = |plain| Value::Scalar {
            text: "5".into(),
            plain,
        };
        assert_eq!(node.get("a").unwrap().value, five(true));
        let c = node.get("b").unwrap().get("c").unwrap();
        assert_eq!((c.line, &c.value), (3, &five(false)));
    }

    #[test]
    fn json_is_a_template_too() {
        let node = read(r#"{"Resources": {"A": {"Type": "T"}}}"#).unwrap();
        assert_eq!(
            node.get("Resources")
                .unwrap()
                .get("A")
                .unwrap()
                .text_of("Type"),
            Some("T")
        );
    }

    #[test]
    fn aliases_and_merge_keys_are_resolved() {
        let source = "a: &x { n: 1, m: 2 }\nb: *x\nc:\n  <<: *x\n  n: 3\n";
        let node = read(source).unwrap();
        let text = |path: [&str; 2]| node.get(path[0])?.get(path[1])?.text();
        assert_eq!(text(["b", "n"]), Some("1"));
        assert_eq!((text(["c", "n"]), text(["c", "m"])), (Some("3"), Some("2")));
    }

    #[test]
    fn what_cannot_be_a_template_is_refused() {
        refused("", 1, "empty");
        refused("a: 1\nb: 2\na: 3\n", 3, "duplicate key a");
        refused("a: 1\n---\nb: 2\n", 2, "second document");
        refused("? [a]\n: 1\n", 1, "a key must be text");
        refused("a: &x [*x]\n", 1, "its own anchor");
        refused("a: [1, 2\nb: 3\n", 2, "");
        refused("a: \"cut off", 1, "");
    }
}
