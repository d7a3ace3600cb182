//! `#{…}`, which the plugin serverless-pseudo-parameters replaces by `Fn::Sub`. Projects from before version 2.3 of the
//! framework use it (<https://github.com/svdgraaf/serverless-pseudo-parameters>).

use super::plugins;
use crate::template::yaml::{Node, Value, nodes::sub};

const PLUGIN: &str = "serverless-pseudo-parameters";

/// Replaces the references of the whole document, if it lists the plugin.
pub(super) fn replace(document: &mut Node) {
    if plugins::lists(document, PLUGIN) {
        replace_in(document, false);
    }
}

fn replace_in(node: &mut Node, is_sub: bool) {
    match &mut node.value {
        Value::Scalar { text, .. } if text.contains("#{") => {
            let replaced = text.replace("#{", "${");
            if is_sub {
                *text = replaced;
            } else {
                *node = sub(node.line, &replaced);
            }
        }
        Value::Scalar { .. } => {}
        Value::Sequence(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                // The first item of the long form of `Fn::Sub` is its text.
                replace_in(item, is_sub && index == 0);
            }
        }
        Value::Mapping(entries) => {
            for entry in entries {
                replace_in(&mut entry.node, entry.key == "Fn::Sub");
            }
        }
    }
}
