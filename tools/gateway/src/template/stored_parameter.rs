//! `AWS::SSM::Parameter`, and the values that the command line gives for parameters that are elsewhere.

use super::{
    error::Error,
    fields::Fields,
    resolve::Resolver,
    resources::{self, Kind},
    stack::StoredParameter,
    yaml::Entry,
};

/// Properties that change checks, cost or administration, and nothing that an application sees.
const IGNORED: &[&str] = &[
    "AllowedPattern",
    "DataType",
    "Description",
    "Policies",
    "Tags",
    "Tier",
];

/// The type of parameters whose values the command line gives.
const STRING: &str = "String";
/// The type that CloudFormation does not create. What creates it instead is not in the template.
const SECURE: &str = "SecureString";

/// The parameters of the template, and those of the command line after them.
pub(crate) fn all(resolver: &Resolver<'_>, resources: &[Entry]) -> Vec<StoredParameter> {
    let own = resources::of_kind(resources, Kind::StoredParameter);
    let own = own.filter_map(|resource| resolver.keep(read(resolver, resource)));
    own.chain(given(resolver)).collect()
}

fn read(resolver: &Resolver<'_>, resource: &Entry) -> Result<StoredParameter, Error> {
    let mut fields = Fields::of(resolver, resource)?;
    fields.ignore(IGNORED);
    let name = resolver.physical_name(&resource.key, resource.line)?;
    fields.node("Name");
    let kind = fields.required_text("Type")?;
    if kind == SECURE {
        let remark = format!(
            "{} is a {SECURE}, which CloudFormation refuses to create",
            resource.key
        );
        resolver.remark(fields.line_of("Type"), &remark);
    } else if ![STRING, "StringList"].contains(&kind.as_str()) {
        let wanted = "expected String, StringList or SecureString";
        return Err(fields.invalid("Type", kind, wanted));
    }
    let value = fields.required_text("Value")?;
    fields.finish();
    Ok(StoredParameter { name, kind, value })
}

/// The parameters that `--parameter ssm:NAME=VALUE` gives. They take the place of those of the template.
fn given(resolver: &Resolver<'_>) -> impl Iterator<Item = StoredParameter> {
    let given = resolver.given_outside("ssm:");
    given.map(|(name, value)| StoredParameter {
        name: without_version(name).to_owned(),
        kind: STRING.to_owned(),
        value: value.to_owned(),
    })
}

/// A dynamic reference may have a version after the name.
fn without_version(name: &str) -> &str {
    name.split_once(':').map_or(name, |(name, _version)| name)
}
