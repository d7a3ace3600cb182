//! `AWS::SQS::Queue`. Ranges are those of SQS's `CreateQueue`.

use std::time::Duration;

use super::{
    error::Error,
    event_sources::queue_of,
    fields::Fields,
    resolve::Resolver,
    stack::{Queue, Redrive},
    yaml::Entry,
};

/// Properties that change safety or administration, and nothing that an application sees.
const IGNORED: &[&str] = &[
    "FifoThroughputLimit",
    "KmsDataKeyReusePeriodSeconds",
    "KmsMasterKeyId",
    "RedriveAllowPolicy",
    "SqsManagedSseEnabled",
    "Tags",
];

pub(crate) fn read(resolver: &Resolver<'_>, resource: &Entry) -> Result<Queue, Error> {
    let mut fields = Fields::of(resolver, resource)?;
    fields.ignore(IGNORED);
    let name = resolver.physical_name(&resource.key, resource.line)?;
    fields.node("QueueName");
    let default = Queue::named(&name, fields.flag("FifoQueue").unwrap_or(false));
    let mut seconds = |name, range, default| {
        let seconds = fields.number(name, range);
        seconds.map_or(default, Duration::from_secs)
    };
    let queue = Queue {
        logical_id: resource.key.clone(),
        visibility_timeout: seconds("VisibilityTimeout", 0..=43_200, default.visibility_timeout),
        delay: seconds("DelaySeconds", 0..=900, default.delay),
        retention: seconds("MessageRetentionPeriod", 60..=1_209_600, default.retention),
        receive_wait: seconds(
            "ReceiveMessageWaitTimeSeconds",
            0..=20,
            default.receive_wait,
        ),
        content_based_deduplication: fields.flag("ContentBasedDeduplication").unwrap_or(false),
        redrive: match fields.nested("RedrivePolicy")? {
            Some(policy) => redrive(policy)?,
            None => None,
        },
        ..default
    };
    fields.finish();
    Ok(queue)
}

fn redrive(mut fields: Fields<'_>) -> Result<Option<Redrive>, Error> {
    let arn = fields.required_text("deadLetterTargetArn")?;
    let queue = queue_of(&arn).ok_or_else(|| {
        let wanted = "expected the ARN of a queue";
        fields.invalid("deadLetterTargetArn", arn, wanted)
    })?;
    fields.required("maxReceiveCount")?;
    let count = fields.number("maxReceiveCount", 1..=1000);
    fields.finish();
    Ok(count.map(|max_receive_count| Redrive {
        queue,
        max_receive_count,
    }))
}
