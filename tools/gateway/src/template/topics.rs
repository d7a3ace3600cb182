//! SNS topics and their subscribers: `AWS::SNS::Topic`, `AWS::SNS::Subscription` and `SNS` among the `Events` of a function.
//! Subscriptions that are neither functions nor queues are left out.

use super::{
    error::Error,
    event_sources::queue_of,
    fields::Fields,
    filter::Pattern,
    parameters::plain,
    resolve::Resolver,
    resources,
    stack::{Subscriber, Subscription, Topic},
    target,
    yaml::Entry,
};

/// Properties that change safety or administration, and nothing that an application sees.
const IGNORED: &[&str] = &[
    "ArchivePolicy",
    "ContentBasedDeduplication",
    "DataProtectionPolicy",
    "DeliveryStatusLogging",
    "DisplayName",
    "FifoThroughputScope",
    "FifoTopic",
    "KmsMasterKeyId",
    "SignatureVersion",
    "Tags",
    "TracingConfig",
];

/// Collects topics and their subscriptions.
#[derive(Default)]
pub(super) struct Topics(Vec<Topic>);

impl Topics {
    pub(super) fn into_vec(self) -> Vec<Topic> {
        self.0
    }

    /// The topic of this name. One of another stack exists here as soon as something subscribes to it.
    fn named(&mut self, name: &str) -> &mut Topic {
        let index = self.0.iter().position(|topic| topic.name == name);
        let index = index.unwrap_or_else(|| {
            self.0.push(Topic {
                name: name.to_owned(),
                subscriptions: Vec::new(),
            });
            self.0.len() - 1
        });
        &mut self.0[index]
    }

    /// `AWS::SNS::Topic`.
    pub(super) fn add(&mut self, resolver: &Resolver<'_>, resource: &Entry) -> Result<(), Error> {
        let mut fields = Fields::of(resolver, resource)?;
        fields.ignore(IGNORED);
        let name = resolver.physical_name(&resource.key, resource.line)?;
        fields.node("TopicName");
        let mut subscriptions = Vec::new();
        for node in fields.items("Subscription") {
            let of = format!("a subscription of {}", resource.key);
            let fields = Fields::new(resolver, of, node)?;
            subscriptions.extend(subscription(fields)?);
        }
        fields.finish();
        self.named(&name).subscriptions.extend(subscriptions);
        Ok(())
    }

    /// `AWS::SNS::Subscription`.
    pub(super) fn add_subscription(
        &mut self,
        resolver: &Resolver<'_>,
        resource: &Entry,
    ) -> Result<(), Error> {
        let mut fields = Fields::of(resolver, resource)?;
        let name = topic(&mut fields, "TopicArn")?;
        let subscription = subscription(fields)?;
        self.named(&name).subscriptions.extend(subscription);
        Ok(())
    }

    /// The `SNS` events of a function.
    pub(super) fn add_events(&mut self, resolver: &Resolver<'_>, function: &Entry) {
        for event in resources::events(function) {
            if event.node.text_of("Type") == Some("SNS")
                && let Some((name, subscription)) =
                    resolver.keep(of_event(resolver, &function.key, event))
            {
                self.named(&name).subscriptions.push(subscription);
            }
        }
    }
}

fn of_event(
    resolver: &Resolver<'_>,
    function: &str,
    event: &Entry,
) -> Result<(String, Subscription), Error> {
    let mut fields = Fields::of_event(resolver, function, event)?;
    fields.ignore(&["RedrivePolicy", "Region"]);
    let name = topic(&mut fields, "Topic")?;
    let (filter, filters_body) = filter(&mut fields)?;
    if let Some(node) = fields.node("SqsSubscription")
        && node
            .text()
            .is_none_or(|text| !text.eq_ignore_ascii_case("false"))
    {
        let what =
            format!("SqsSubscription of {function}; messages reach the function without a queue");
        resolver.left_out(node.line, &what);
    }
    fields.finish();
    let subscription = Subscription {
        to: Subscriber::Function(function.to_owned()),
        filter,
        filters_body,
        raw: false,
    };
    Ok((name, subscription))
}

/// The name of the topic that a property refers to. What stands in for the export of another stack is a name itself.
fn topic(fields: &mut Fields<'_>, property: &'static str) -> Result<String, Error> {
    let found = fields.required_text(property)?;
    let name = found.rsplit(':').next().unwrap_or_default();
    Ok(name.to_owned())
}

/// The subscriber; `None` after a remark for a protocol that is not emulated.
fn subscription(mut fields: Fields<'_>) -> Result<Option<Subscription>, Error> {
    fields.ignore(&[
        "DeliveryPolicy",
        "RedrivePolicy",
        "Region",
        "ReplayPolicy",
        "SubscriptionRoleArn",
    ]);
    let (resolver, protocol) = (fields.resolver, fields.required_text("Protocol")?);
    let endpoint = fields.text("Endpoint")?.unwrap_or_default();
    let (filter, filters_body) = filter(&mut fields)?;
    let raw = fields.flag("RawMessageDelivery").unwrap_or(false);
    let to = match protocol.as_str() {
        "lambda" => target::named(resolver, &endpoint).map(Subscriber::Function),
        "sqs" => queue_of(&endpoint).map(Subscriber::Queue),
        _ => None,
    };
    if to.is_none() {
        let what = format!("the {protocol} subscription of {endpoint}, which does not run here");
        resolver.left_out(fields.line_of("Protocol"), &what);
    }
    fields.finish();
    Ok(to.map(|to| Subscription {
        to,
        filter,
        filters_body,
        raw,
    }))
}

/// The filter, and whether it is for the message instead of its attributes.
fn filter(fields: &mut Fields<'_>) -> Result<(Option<Pattern>, bool), Error> {
    let filters_body = fields.text("FilterPolicyScope")?.as_deref() == Some("MessageBody");
    let Some(node) = fields.node("FilterPolicy") else {
        return Ok((None, filters_body));
    };
    let policy = plain(&fields.resolver.json(node)?.unwrap_or_default());
    let filter = Pattern::parse(&policy);
    let filter = filter.map_err(|wanted| fields.invalid("FilterPolicy", policy, wanted))?;
    Ok((Some(filter), filters_body))
}
