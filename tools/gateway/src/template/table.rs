//! `AWS::DynamoDB::Table`, `AWS::DynamoDB::GlobalTable` with one replica here, and `AWS::Serverless::SimpleTable`.

use serde_json::{Value as Json, json};

use super::{
    error::Error, fields::Fields, resolve::Resolver, resources, stack::Table, yaml::Entry,
};

/// Properties that change cost, safety or administration, and nothing that an application sees.
const IGNORED: &[&str] = &[
    "ContributorInsightsSpecification",
    "DeletionProtectionEnabled",
    "OnDemandThroughput",
    "PointInTimeRecoverySpecification",
    "ResourcePolicy",
    "SSESpecification",
    "TableClass",
    "Tags",
    "WarmThroughput",
];

/// Properties of a global table: where else it is, and its capacity, which is on demand here.
const IGNORED_GLOBAL: &[&str] = &[
    "GlobalTableWitnesses",
    "MultiRegionConsistency",
    "ReadOnDemandThroughputSettings",
    "ReadProvisionedThroughputSettings",
    "Replicas",
    "WriteOnDemandThroughputSettings",
    "WriteProvisionedThroughputSettings",
];

/// Members of `CreateTable` that CloudFormation spells the same.
const MEMBERS: &[&str] = &[
    "KeySchema",
    "AttributeDefinitions",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
    "ProvisionedThroughput",
];

pub(crate) fn read(resolver: &Resolver<'_>, resource: &Entry) -> Result<Table, Error> {
    let mut fields = Fields::of(resolver, resource)?;
    fields.ignore(IGNORED);
    let is_global = resources::is_global_table(resource);
    if is_global {
        fields.ignore(IGNORED_GLOBAL);
    }
    let name = resolver.physical_name(&resource.key, resource.line)?;
    fields.node("TableName");
    let mut definition = json!({ "TableName": name });
    fields.required("KeySchema")?;
    fields.required("AttributeDefinitions")?;
    for member in MEMBERS {
        if let Some(node) = fields.node(member)
            && let Some(value) = resolver.json(node)?
        {
            definition[*member] = value;
        }
    }
    convert_numbers(&mut definition);
    // CloudFormation's default.
    let billing = fields.text("BillingMode")?;
    definition["BillingMode"] = Json::from(billing.as_deref().unwrap_or("PROVISIONED"));
    if is_global {
        definition["BillingMode"] = Json::from("PAY_PER_REQUEST");
        let indexes = definition["GlobalSecondaryIndexes"].as_array_mut();
        for index in indexes
            .into_iter()
            .flatten()
            .filter_map(Json::as_object_mut)
        {
            index.retain(|name, _| !IGNORED_GLOBAL.contains(&name.as_str()));
        }
    }
    if let Some(stream) = fields.node("StreamSpecification") {
        let mut stream = resolver.json(stream)?.unwrap_or_default();
        // Implied in CloudFormation, required by the service.
        stream["StreamEnabled"] = Json::Bool(true);
        definition["StreamSpecification"] = stream;
    }
    let time_to_live = match fields.nested("TimeToLiveSpecification")? {
        Some(specification) => time_to_live(specification)?,
        None => None,
    };
    fields.finish();
    Ok(Table {
        logical_id: resource.key.clone(),
        name,
        definition,
        time_to_live,
    })
}

/// Turns text into numbers where DynamoDB requires numbers, as CloudFormation does.
fn convert_numbers(value: &mut Json) {
    match value {
        Json::Array(items) => items.iter_mut().for_each(convert_numbers),
        Json::Object(members) => {
            for (name, member) in members {
                match member.as_str().map(str::parse::<i64>) {
                    Some(Ok(number)) if name.ends_with("CapacityUnits") => {
                        *member = Json::from(number);
                    }
                    _ => convert_numbers(member),
                }
            }
        }
        _ => {}
    }
}

fn time_to_live(mut fields: Fields<'_>) -> Result<Option<String>, Error> {
    let attribute = fields.text("AttributeName")?;
    fields.required("Enabled")?;
    let enabled = fields.flag("Enabled").unwrap_or(false);
    let attribute = attribute.ok_or_else(|| fields.missing("AttributeName"))?;
    fields.finish();
    Ok(enabled.then_some(attribute))
}

/// Reads SAM's short form: one hash key, `id` of type String unless the template sets another, billed per request.
pub(crate) fn read_simple(resolver: &Resolver<'_>, resource: &Entry) -> Result<Table, Error> {
    let mut fields = Fields::of(resolver, resource)?;
    fields.ignore(&[
        "PointInTimeRecoverySpecification",
        "SSESpecification",
        "Tags",
        "ProvisionedThroughput",
    ]);
    let name = resolver.physical_name(&resource.key, resource.line)?;
    fields.node("TableName");
    let (mut key, mut key_type) = ("id".to_owned(), "S");
    if let Some(mut fields) = fields.nested("PrimaryKey")? {
        key = fields.text("Name")?.unwrap_or(key);
        key_type = match fields.text("Type")?.as_deref() {
            Some("Number") => "N",
            Some("Binary") => "B",
            _ => "S",
        };
        fields.finish();
    }
    fields.finish();
    let definition = json!({
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{ "AttributeName": key, "AttributeType": key_type }],
        "KeySchema": [{ "AttributeName": key, "KeyType": "HASH" }],
    });
    Ok(Table {
        logical_id: resource.key.clone(),
        name,
        definition,
        time_to_live: None,
    })
}
